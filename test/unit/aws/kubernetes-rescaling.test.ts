import { expect, it } from 'vitest';
import { rescalingIn, rescalingPatch } from '#aws/kubernetes-rescaling.ts';

const fence = { before: 9, after: 0, execution: 'arn:aws:states:us-west-2:123456789012:execution:m:one' };

it('what is kept is read as it was written, beside what others keep there', () => {
  const { metadata, spec } = rescalingPatch(0, fence);
  expect(spec).toEqual({ replicas: 0 });
  const written = metadata.annotations as Readonly<Record<string, string>>;
  expect(written).toMatchObject({ 'continuity/replicas-before': '9' });
  expect(rescalingIn({ 'deployment.kubernetes.io/revision': '4', ...written })).toEqual(fence);
});

it('nothing is kept where a part is missing or is no number', () => {
  const written = rescalingPatch(0, fence).metadata.annotations as Readonly<Record<string, string>>;
  expect(rescalingIn()).toBeNull();
  for (const name of Object.keys(written)) {
    const { [name]: _, ...rest } = written;
    expect(rescalingIn(rest)).toBeNull();
  }
  for (const text of ['', ' ', '-1', '1.5', '1e3', 'nine'])
    expect(rescalingIn({ ...written, 'continuity/replicas-before': text })).toBeNull();
});
