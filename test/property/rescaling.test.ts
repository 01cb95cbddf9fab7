import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fenceOf, type Replicas, type Rescaling, scaleUpOf, undoFences, undoScaleUp } from '#domain/rescaling.ts';

const count = fc.integer({ min: 0, max: 50 });
const runs = fc.array(fc.constantFrom('arn:one', 'arn:two', 'arn:three'), { minLength: 1, maxLength: 6 });
/** What an earlier recovery may have left on a deployment that was scaled since. */
const stale = fc.option(fc.record({ before: count, after: fc.integer({ min: 1, max: 50 }), execution: fc.string() }), {
  nil: null,
});

const made = (at: Replicas, rescaling: Rescaling | null): Replicas =>
  rescaling === null ? at : { ...at, wanted: rescaling.after, rescaled: rescaling };

it('however often and by whichever runs a deployment is fenced: what there was comes back, and only if there was any', () => {
  fc.assert(
    fc.property(count, stale, runs, (wanted, rescaled, fences) => {
      const found: Replicas = { name: 'api', wanted, rescaled };
      const fenced = fences.reduce((at, run) => made(at, fenceOf(at, run)), found);
      expect(fenced.wanted).toBe(0);
      expect(undoFences([fenced])).toEqual(wanted === 0 ? [] : [{ name: 'api', replicas: wanted }]);
    }),
  );
});

it('however often a run scales up: what there was before that run comes back, and nothing where it changed nothing', () => {
  fc.assert(
    fc.property(count, stale, fc.array(count, { minLength: 1, maxLength: 4 }), (wanted, rescaled, targets) => {
      const found: Replicas = { name: 'api', wanted, rescaled };
      const up = targets.reduce((at, target) => made(at, scaleUpOf(at, target, 'arn:run')), found);
      expect(up.wanted).toBe(Math.max(wanted, ...targets));
      expect(undoScaleUp([up], 'arn:run')).toEqual(up.wanted === wanted ? [] : [{ name: 'api', replicas: wanted }]);
    }),
  );
});
