import { references } from '#lab/stack/intrinsics.ts';
import { type ResourceDeclaration, StackError } from '#lab/stack/template.ts';

/** Logical id -> logical ids that must exist before it: named by DependsOn or referred to. */
export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>;

export const dependenciesOf = (
  resources: Readonly<Record<string, ResourceDeclaration>>,
  condition: (name: string) => boolean,
): Dependencies =>
  new Map(
    Object.entries(resources).map(([id, resource]) => {
      const named = typeof resource.DependsOn === 'string' ? [resource.DependsOn] : (resource.DependsOn ?? []);
      const all = [...named, ...references(resource.Properties ?? {}, condition)];
      // A name that is no resource here is a parameter, or a resource whose condition does not hold.
      return [id, new Set(all.filter((other) => other in resources))];
    }),
  );

/** The resources in an order in which each comes after what it needs. Throws a StackError that names the cycle. */
export const inOrder = (dependencies: Dependencies): string[] => {
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): void => {
    if (done.has(id)) return;
    if (path.includes(id)) {
      throw new StackError('circular dependency between resources', [
        [...path.slice(path.indexOf(id)), id].join(' -> '),
      ]);
    }
    for (const needed of dependencies.get(id) ?? []) visit(needed, [...path, id]);
    done.add(id);
  };
  for (const id of dependencies.keys()) visit(id, []);
  return [...done];
};
