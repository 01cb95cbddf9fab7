import { describe, expect, it } from 'vitest';
import { fieldSelector, labelSelector } from '#lab/parts/cluster/kube/selectors.ts';

const object = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', labels: { app: 'api', tier: 'web' } },
  status: { phase: 'Running' },
};

describe('label selector', () => {
  it.each([
    ['app=api', true],
    ['app==api,tier!=db', true],
    ['app in (api, worker), tier', true],
    ['app notin (api)', false],
    ['missing notin (a)', true],
    ['!missing', true],
    ['!app', false],
    ['missing', false],
    ['app=api,tier=db', false],
    ['', true],
  ])('%s: %s', (selector, expected) => {
    expect(labelSelector(selector)(object)).toBe(expected);
  });

  it('refuses what it cannot read', () => {
    expect(() => labelSelector('app in')).toThrow(expect.objectContaining({ code: 400 }));
  });
});

describe('field selector', () => {
  it.each([
    ['metadata.name=p', true],
    ['metadata.name!=p', false],
    ['status.phase=Running,metadata.name=p', true],
    ['status.phase=Pending', false],
  ])('%s: %s', (selector, expected) => {
    expect(fieldSelector(selector)(object)).toBe(expected);
  });

  it('refuses a field that it does not index', () => {
    expect(() => fieldSelector('spec.secret=1')).toThrow(expect.objectContaining({ code: 400 }));
  });
});
