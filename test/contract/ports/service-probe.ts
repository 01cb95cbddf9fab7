import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ContractLab } from '#test/support/contract-lab.ts';

const baseOf = ({ host, port }: { host: string; port: number }): string => `http://${host}:${port}`;

export const describeServiceProbe = (at: () => ContractLab) =>
  describe('serviceProbe', () => {
    it('reads as a client does, and says which region answered', async () => {
      const { lab, plan, ports } = at();
      const answer = await ports.serviceProbe.read(baseOf(lab.addresses.a.loadBalancer), plan.service.readPath);
      expect(answer).toMatchObject({ status: 200, region: plan.regions.primary });
      expect(answer.ms).toBeGreaterThan(0);
    });

    it('writes, and may write the same again', async () => {
      const { lab, plan, ports } = at();
      const base = baseOf(lab.addresses.a.loadBalancer);
      const body = { id: randomUUID(), client: 'continuity-probe' };
      const first = await ports.serviceProbe.write(base, plan.service.writePath, body);
      const again = await ports.serviceProbe.write(base, plan.service.writePath, body);
      expect([first.status, again.status]).toEqual([201, 201]);
      expect(again.body).toEqual(first.body);
    });

    it('takes an error status for an answer', async () => {
      const { lab, plan, ports } = at();
      const answer = await ports.serviceProbe.write(baseOf(lab.addresses.a.loadBalancer), plan.service.writePath, {});
      expect(answer.status).toBe(400);
    });

    it('throws when nobody answers: refused, or silent', async () => {
      const { serviceProbe } = at().ports;
      await expect(serviceProbe.read('http://127.0.0.1:1', '/')).rejects.toMatchObject({
        name: 'UnreachableError',
        message: expect.stringContaining('ECONNREFUSED'),
      });
      const silent = createServer(() => undefined).listen(0, '127.0.0.1');
      await new Promise((resolve) => silent.once('listening', resolve));
      const { port } = silent.address() as AddressInfo;
      await expect(serviceProbe.read(`http://127.0.0.1:${port}`, '/', { timeoutMs: 60 })).rejects.toMatchObject({
        name: 'UnreachableError',
        message: expect.stringContaining('no answer in 60 ms'),
      });
      silent.closeAllConnections();
      silent.close();
    });

    it('asks under the host that it is told', async () => {
      const server = createServer((request, answer) => answer.end(JSON.stringify({ host: request.headers.host })));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const { body } = await at().ports.serviceProbe.read(`http://127.0.0.1:${port}`, '/', { host: 'api.example' });
      expect(body).toEqual({ host: 'api.example' });
      server.close();
    });
  });
