import { type Line, total } from './cost.ts';
import { PRICED_ON, PRICES, REGION_SWITCH } from './prices.ts';

const money = (dollars: number): string => `$${dollars < 0.01 ? dollars.toFixed(4) : dollars.toFixed(2)}`;
const number = (count: number): string =>
  count >= 100 ? Math.round(count).toLocaleString('en-US') : String(Number(count.toFixed(2)));

const table = (lines: readonly Line[]): readonly string[] => [
  '| what | how many | costs | from |',
  '| --- | ---: | ---: | --- |',
  ...lines
    .filter(({ count }) => count > 0)
    .map(
      ({ price, count, dollars, why }) => `| ${PRICES[price].what} | ${number(count)} | ${money(dollars)} | ${why} |`,
    ),
  `| **together** | | **${money(total(lines))}** | |`,
  '',
];

/** docs/cost.md. */
export const costPage = (standing: readonly Line[], recovery: readonly Line[], directions: 1 | 2): string =>
  [
    '# What it costs',
    '',
    '<!-- Printed by scripts/write-cost.ts from the packaged templates. -->',
    '',
    `Counted from the packaged templates, at list prices in US dollars as entered by hand on ${PRICED_ON}, without free tiers and discounts; the pages linked`,
    'below are what counts. No bill of an account has been compared with it yet. Not in it: what the plan protects',
    '(databases, clusters, load balancers), data between regions, the NAT gateways or endpoints by which functions inside a VPC reach AWS, and the renewals of',
    'the write lease: a DynamoDB write unit for each replica of the application every `fence.lease.renewEvery`.',
    '',
    '## A month in which nothing happens, for one direction',
    '',
    ...table(standing),
    directions === 2
      ? `The example plan stands in both directions: ${money(2 * total(standing))} a month.`
      : 'The example plan stands in one direction.',
    '',
    '## One recovery, or one drill on an account',
    '',
    'A drill in the lab costs nothing. One on an account costs what a recovery does:',
    '',
    ...table(recovery),
    '## Beside it',
    '',
    `[ARC Region switch](${REGION_SWITCH.page}) costs ${money(REGION_SWITCH.dollars)} a plan and month, for both directions. The two do not do the same: Region switch is run by AWS and`,
    'orchestrates; detection, fencing, guards, the record and its evidence are added to it by whoever uses it.',
    '',
    '## Prices',
    '',
    '| what | price | page |',
    '| --- | ---: | --- |',
    ...Object.values(PRICES).map(
      ({ what, dollars, per, page }) =>
        `| ${what} | $${Number(dollars.toPrecision(6)).toFixed(10).replace(/0+$/, '').replace(/\.$/, '')} a ${per} | [pricing](${page}) |`,
    ),
    '',
  ].join('\n');
