// Which node of the server each device is on, where there are several.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { area, eventually, launch, open, row, sizes } from './page.mjs';
import { Server, folder, next, someone } from './server.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const top = (page) => page.getByRole('banner').getByTestId('node');

async function node(t, name) {
  const store = `sqlite:${join(await folder(t), 'foyer.db')}`;
  const server = await Server.start({ store, args: [`--node=${name}`] });
  t.after(() => server.stop());
  return server;
}

for (const [device, size] of Object.entries(sizes)) {
  test(`${device}: the node is shown, and the other one after coming back there`, async (t) => {
    const server = await node(t, 'node-1');
    const ana = await open(browser, server, someone('Ana'), { size, offline: true });
    await top(ana.page).getByText('node-1').waitFor();
    await server.halt();
    await ana.page.getByTestId('offline').waitFor();
    server.args = server.args.map((arg) => arg.replace('node-1', 'node-2'));
    await server.run();
    await top(ana.page).getByText('node-2').waitFor();
    await area(ana.page, 'You').click();
    assert.equal(await ana.page.locator('dt', { hasText: 'Node' }).locator('xpath=following-sibling::dd').textContent(), 'node-2');
    await ana.close();
  });
}

test('where the others of a session tell their node, each row shows it and the tablet tells its own', async (t) => {
  const server = await node(t, 'node-1');
  const [anaName, boName] = [someone('Ana'), someone('Bo')];
  const bo = await server.device(boName);
  const { session } = await bo.call('session.create', { name: 'Den' });
  await bo.call('session.set_attributes', { session_id: session.id, attributes: { server_node: 'node-7' } });
  const told = next(bo, 'session.roster', ({ updated }) => updated?.some(({ attributes }) => attributes.server_node === 'node-1'));

  const ana = await open(browser, server, anaName);
  await area(ana.page, 'Sessions').click();
  await row(ana.page, 'Den').getByRole('button', { name: 'Join' }).click();
  await row(ana.page, boName).getByTestId('node').getByText('node-7').waitFor();
  await row(ana.page, anaName).getByTestId('node').getByText('node-1').waitFor();
  await told;

  // Bo's device comes back somewhere else, and says so.
  await bo.call('session.set_attributes', { session_id: session.id, attributes: { server_node: 'node-8' } });
  await row(ana.page, boName).getByTestId('node').getByText('node-8').waitFor();
  await ana.close();
});

test('where nobody tells, no row shows a node and the tablet keeps its own to itself', async (t) => {
  const server = await node(t, 'node-1');
  const bo = await server.device(someone('Bo'));
  const rosters = [];
  bo.on('session.roster', (roster) => rosters.push(roster));
  await bo.call('session.create', { name: 'Den' });
  const ana = await open(browser, server, someone('Ana'));
  await area(ana.page, 'Sessions').click();
  await row(ana.page, 'Den').getByRole('button', { name: 'Join' }).click();
  await row(ana.page, bo.hello.user.name).waitFor();
  // What the tablet asks for after joining has been answered once this is.
  await ana.page.getByRole('button', { name: 'Raise hand' }).click();
  await eventually(() => rosters.some(({ updated }) => updated?.some(({ attributes }) => attributes.hand_raised)), 'the raised hand');
  assert.equal(await ana.page.getByRole('listitem').getByTestId('node').count(), 0);
  for (const { updated } of rosters) for (const { attributes } of updated ?? []) assert.equal(attributes.server_node, undefined);
  await ana.close();
});
