import { expect, test } from 'vitest';
import { runMachine, testEngine } from './engine.ts';
import { dataVectors } from './vectors/data.ts';
import { parallelMapVectors } from './vectors/parallel-map.ts';
import { taskVectors } from './vectors/tasks.ts';
import { invokeOf, type Vector } from './vectors/vector.ts';

const vectors: readonly Vector[] = [...dataVectors, ...taskVectors, ...parallelMapVectors];

test('every vector has a name of its own', () => {
  expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
});

test.each(vectors.map((vector) => [vector.name, vector] as const))('%s', async (_, vector) => {
  const engine = testEngine({ invoke: invokeOf(vector.functions) });
  const { status, output, error, cause, types } = await runMachine(engine, vector.definition, vector.input);
  expect({ status, error, output }, cause).toEqual({
    status: vector.status,
    error: vector.error,
    output: vector.output,
  });
  if (vector.cause !== undefined) expect(cause).toContain(vector.cause);
  if (vector.types) expect(types).toEqual(vector.types);
});
