import { describe, expect, it } from 'vitest';
import { sayEnd } from '#cli/commands/history.ts';
import { pipelineWork } from '#cli/drill/work.ts';
import { stepsOf } from '#cli/steps.ts';
import type { ExecutionEvent } from '#ports/executions.ts';

const START = Date.parse('2026-11-24T00:00:00.000Z');

/** `enter Task PromoteReplica 10`, `exit Task PromoteReplica 30`: ms from the start. */
const events = (...lines: readonly string[]): ExecutionEvent[] =>
  lines.map((line, index) => {
    const [what, kind, state, at] = line.split(' ');
    return {
      id: index + 1,
      at: new Date(START + Number(at)).toISOString(),
      type: `${kind}State${what === 'enter' ? 'Entered' : 'Exited'}`,
      state: state ?? null,
    };
  });

describe('stepsOf', () => {
  it('gives each visit of a state its own step, a poll twice', () => {
    const steps = stepsOf(
      events('enter Task Confirm 0', 'exit Task Confirm 5', 'enter Task Confirm 9', 'exit Task Confirm 12'),
    );
    expect(steps.map(({ durationMs }) => durationMs)).toEqual([5, 3]);
  });

  it('leaves a state that was not left without an end', () => {
    expect(stepsOf(events('enter Task Confirm 0'))).toMatchObject([{ exitedAt: null, durationMs: null }]);
  });
});

describe('the end of a state that was not left', () => {
  const ends = (status: 'RUNNING' | 'FAILED' | 'ABORTED', ...lines: readonly string[]) =>
    stepsOf(events(...lines)).map((step) => `${step.state}: ${sayEnd(step, status)}`);

  it('is the end of the run where it is a Fail state', () => {
    expect(ends('FAILED', 'enter Task Publish 0', 'exit Task Publish 5', 'enter Fail Failed 6')).toEqual([
      'Publish: 5 ms',
      'Failed: ended the run: FAILED',
    ]);
  });

  it('is the end of the run where that was stopped', () => {
    expect(ends('ABORTED', 'enter Task Promote 0')).toEqual(['Promote: not left: the run ended as ABORTED']);
  });

  it('is none while the run goes on', () => {
    expect(ends('RUNNING', 'enter Task Promote 0')).toEqual(['Promote: running']);
  });

  it('came with the end of the Parallel that held it, also while the run goes on', () => {
    const history = [
      'enter Task Fence 0',
      'enter Parallel Both 1',
      'enter Task Scale 2',
      'enter Fail Stop 3',
      'exit Parallel Both 4',
      'enter Task Publish 5',
    ];
    expect(ends('RUNNING', ...history)).toEqual([
      'Fence: running',
      'Both: 3 ms',
      'Scale: stopped with its branch',
      'Stop: ended its branch',
      'Publish: running',
    ]);
  });
});

describe('pipelineWork', () => {
  const decided = ['enter Task AssessEvidence 0', 'exit Task AssessEvidence 10'];
  const moved = ['enter Task ShiftTraffic 90', 'exit Task ShiftTraffic 110'];

  it('counts from the verdict to traffic moved and takes waits out', () => {
    const history = events(...decided, 'enter Wait WaitForPromotion 40', 'exit Wait WaitForPromotion 90', ...moved);
    expect(pipelineWork(history)).toEqual({ spanMs: 100, waitedMs: 50, workMs: 50 });
  });

  it('a wait beside a working task is no waiting', () => {
    const history = events(
      ...decided,
      'enter Task ScaleUpWorkloads 30',
      'enter Wait WaitForPromotion 40',
      'exit Task ScaleUpWorkloads 80',
      'exit Wait WaitForPromotion 90',
      ...moved,
    );
    expect(pipelineWork(history)).toEqual({ spanMs: 100, waitedMs: 10, workMs: 90 });
  });

  it('is null for a run that moved no traffic', () => {
    expect(pipelineWork(events(...decided))).toBeNull();
  });
});
