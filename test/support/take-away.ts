import { statementsOf, wordsOf } from '#lab/iam/policy.ts';
import type { Lab } from '#lab/lab.ts';
import { stackRef } from './lab-ports.ts';

/** From now on the role (by its logical id) may not do `action`, as if the template had never said it. Gives what puts it back. */
export const takeAway = (lab: Lab, logicalId: string, action: string): (() => void) => {
  const { roles } = lab.cloud;
  const role = roles.roles.get(stackRef(lab, logicalId));
  if (!role) throw new Error(`there is no role ${logicalId}`);
  const had = role.policies.flatMap(({ document }) => statementsOf(document)).flatMap(({ Action }) => wordsOf(Action));
  if (!had.includes(action)) throw new Error(`${logicalId} may not ${action} anyway`);
  roles.putRole({
    ...role,
    policies: role.policies.map(({ name, document }) => ({
      name,
      document: {
        ...document,
        Statement: statementsOf(document)
          .map((statement) => ({ ...statement, Action: wordsOf(statement.Action).filter((one) => one !== action) }))
          .filter(({ Action }) => Action.length > 0),
      },
    })),
  });
  return () => roles.putRole(role);
};
