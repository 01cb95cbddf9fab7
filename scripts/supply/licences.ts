export interface AllowedLicence {
  /** SPDX: https://spdx.org/licenses/ */
  readonly id: string;
  /** `anywhere`: also in a bundle that is handed to others. `development`: only in what stays on the machine of who builds. */
  readonly where: 'anywhere' | 'development';
  readonly reason: string;
}

const PERMISSIVE = 'permissive: use, change and pass on, with the notice';

/** What packages may be licensed under. Others are a finding, which a person decides. */
export const LICENCES: readonly AllowedLicence[] = [
  { id: 'MIT', where: 'anywhere', reason: PERMISSIVE },
  { id: 'Apache-2.0', where: 'anywhere', reason: `${PERMISSIVE}, and a grant of patents; the project's own` },
  { id: 'ISC', where: 'anywhere', reason: PERMISSIVE },
  { id: 'BSD-3-Clause', where: 'anywhere', reason: PERMISSIVE },
  { id: 'BSD-2-Clause', where: 'anywhere', reason: PERMISSIVE },
  { id: '0BSD', where: 'anywhere', reason: 'asks for nothing, not even the notice (tslib)' },
  { id: 'MIT-0', where: 'anywhere', reason: 'MIT without the notice (Powertools for AWS, nodemailer)' },
  {
    id: 'Unlicense',
    where: 'anywhere',
    reason: 'given to the public domain (stream-buffers, of the Kubernetes client)',
  },
  {
    id: 'PSF-2.0',
    where: 'anywhere',
    reason: "permissive, with a summary of changes: Python's own (argparse, of the Kubernetes client's YAML reader)",
  },
  { id: 'Python-2.0', where: 'development', reason: 'as PSF-2.0, with the older ones before it (argparse 2)' },
  {
    id: 'MPL-2.0',
    where: 'development',
    reason:
      'copyleft by file: changes to its own files have to be given on. Used as it is (lightningcss, of the test runner), never passed on',
  },
];
