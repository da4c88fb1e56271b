// Sessions: making one, getting in, who is there, what hosts do, and a tablet that follows a headset.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { action, area, eventually, gone, launch, open, row, tab } from './page.mjs';
import { Server, next, someone } from './server.mjs';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function tablet(t, first, options) {
  const name = someone(first);
  const one = await open(browser, server, name, options);
  t.after(() => one.context.close());
  return { ...one, name };
}

async function create({ page }, { name, password, capacity }) {
  await area(page, 'Sessions').click();
  await page.getByRole('button', { name: 'New' }).click();
  const dialog = page.getByRole('dialog', { name: 'New session' });
  await dialog.getByLabel('Name').fill(name);
  if (capacity) await dialog.getByLabel('People at most').fill(`${capacity}`);
  if (password) await dialog.getByLabel('Password').fill(password);
  await dialog.getByRole('button', { name: 'Start session' }).click();
  await page.getByTestId('member-count').waitFor();
}

async function enter({ page }, name) {
  await area(page, 'Sessions').click();
  await row(page, name).getByRole('button', { name: 'Join' }).click();
}

const members = ({ page }) => page.getByRole('list', { name: 'People in this session' });

test('a session with a password: wrong, then right', async (t) => {
  const [ana, bo] = [await tablet(t, 'Ana'), await tablet(t, 'Bo')];
  const name = someone('Stage');
  await create(ana, { name, password: 'curtain' });
  await enter(bo, name);
  const dialog = bo.page.getByRole('dialog', { name: `Join ${name}` });
  await dialog.getByLabel('Password').fill('guess');
  await dialog.getByRole('button', { name: 'Join' }).click();
  await dialog.getByRole('alert').getByText('That password isn’t right').waitFor();
  await dialog.getByLabel('Password').fill('curtain');
  await dialog.getByRole('button', { name: 'Join' }).click();
  await members(bo).getByText(ana.name).waitFor();
  await members(ana).getByText(bo.name).waitFor();
  await ana.close();
  await bo.close();
});

test('locked and full say what they are', async (t) => {
  const [ana, bo] = [await tablet(t, 'Ana'), await tablet(t, 'Bo')];
  const name = someone('Lift');
  await create(ana, { name, capacity: 2 });
  const id = await sessionId(ana);
  // Full and locked ones are listed for nobody: both become so while Bo looks at the list.
  await area(bo.page, 'Sessions').click();
  const join = row(bo.page, name).getByRole('button', { name: 'Join' });
  await join.waitFor();
  const cy = await server.device(someone('Cy'));
  await cy.call('session.join', { session_id: id });
  await join.click();
  await bo.page.getByTestId('notice').getByText('This session is full').waitFor();
  await area(ana.page, 'Sessions').click();
  await ana.page.getByRole('button', { name: 'Edit' }).click();
  const edit = ana.page.getByRole('dialog', { name: 'Edit session' });
  await edit.getByLabel('People at most').fill('5');
  await edit.getByLabel('Name').fill(`${name} II`);
  await edit.getByRole('button', { name: 'Save' }).click();
  await ana.page.getByRole('heading', { name: `${name} II` }).waitFor();
  await area(bo.page, 'Sessions').click();
  await join.waitFor();
  await ana.page.getByRole('button', { name: 'Lock', exact: true }).click();
  await ana.page.getByRole('button', { name: 'Unlock' }).waitFor();
  await join.click();
  await bo.page.getByTestId('notice').getByText('This session is locked').waitFor();
  await ana.page.getByRole('button', { name: 'Unlock' }).click();
  await ana.page.getByRole('button', { name: 'Lock', exact: true }).waitFor();
  await enter(bo, name);
  await members(bo).getByText(ana.name).waitFor();
  await ana.close();
  await bo.close();
});

test('one row each; filter, sort, hands and devices, live', async (t) => {
  const ana = await tablet(t, 'Ana');
  await create(ana, { name: someone('Hall') });
  const id = await sessionId(ana);
  const names = [someone('Zoe'), someone('Bo'), someone('Mia')];
  const kinds = ['headset', 'desktop', 'mobile'];
  const others = [];
  for (const [i, name] of names.entries()) {
    const device = await server.device(name, { kind: kinds[i] });
    await device.call('session.join', { session_id: id });
    others.push(device);
  }
  const shown = async () => members(ana).locator('.row-name bdi').allTextContents();
  const is = (want, what) => eventually(async () => JSON.stringify(await shown()) === JSON.stringify(want), what);
  await is([ana.name, ...names], 'in order of joining');
  assert.match(await ana.page.getByTestId('member-count').textContent(), /^4 people/);
  await ana.page.getByLabel('Sort').selectOption('name');
  await is([ana.name, names[1], names[2], names[0]], 'by name');
  await ana.page.getByLabel('Sort').selectOption('device');
  await is([names[1], names[0], names[2], ana.name], 'by device');
  await ana.page.getByLabel('Filter by name').fill(names[2].slice(2));
  await is([names[2]], 'any part of the name');
  await ana.page.getByLabel('Filter by name').fill('');
  await others[1].call('session.set_attributes', { session_id: id, attributes: { hand_raised: true } });
  await row(ana.page, names[1]).getByText('Hand raised').waitFor({ state: 'attached' });
  await others[0].call('session.leave', { session_id: id });
  await gone(row(ana.page, names[0]));
  await ana.page.getByRole('button', { name: 'Raise hand' }).click();
  await ana.page.getByRole('button', { name: 'Lower hand' }).waitFor();
  await ana.close();
});

async function sessionId({ page }) {
  await area(page, 'Sessions').click();
  const id = await page.getByTestId('current-session').locator('code').textContent();
  await area(page, /^People/).click();
  return id;
}

test('host controls: mute, role, kick, ban, lift the ban, close', async (t) => {
  const [ana, bo] = [await tablet(t, 'Ana'), await tablet(t, 'Bo')];
  const name = someone('Court');
  await create(ana, { name });
  await enter(bo, name);
  await row(ana.page, bo.name).getByRole('button').click();

  await action(ana.page, 'mute').click();
  await bo.page.getByRole('button', { name: 'Unmute' }).click();
  await bo.page.getByTestId('notice').getByText('A host muted you').waitFor();
  await action(ana.page, 'mute').getByText('Unmute').waitFor();
  await action(ana.page, 'mute').click();
  await bo.page.getByRole('button', { name: 'Mute' }).waitFor();

  await ana.page.getByTestId('action-set_role').getByLabel('Role').selectOption('cohost');
  await row(ana.page, bo.name).getByText('Co-host').waitFor();
  await row(bo.page, bo.name).getByText('Co-host').waitFor();

  await action(ana.page, 'kick').click();
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await bo.page.getByText('You were removed from the session').waitFor();
  await bo.page.getByText('You’re not in a session').waitFor();
  await enter(bo, name);
  await members(bo).getByText(ana.name).waitFor();

  await action(ana.page, 'ban').click();
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Ban' }).click();
  await bo.page.getByText('You were banned from the session').waitFor();
  await area(ana.page, 'Sessions').click();
  await ana.page.getByRole('button', { name: 'Banned' }).click();
  const bans = ana.page.getByRole('dialog', { name: 'Banned people' });
  await bans.getByRole('listitem').filter({ hasText: bo.name }).getByRole('button', { name: 'Lift ban' }).click();
  await bans.getByText('Nobody is banned').waitFor();
  await bans.getByRole('button', { name: 'Done' }).click();
  await enter(bo, name);
  await members(bo).getByText(ana.name).waitFor();

  await ana.page.getByRole('button', { name: 'Close session' }).click();
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Close session' }).click();
  await bo.page.getByText('The host closed this session').waitFor();
  await ana.close();
  await bo.close();
});

test('the panel stays when the person leaves, and Cancel request goes on working', async (t) => {
  const ana = await tablet(t, 'Ana');
  await create(ana, { name: someone('Yard') });
  const id = await sessionId(ana);
  const boName = someone('Bo');
  const bo = await server.device(boName);
  await bo.call('session.join', { session_id: id });
  await row(ana.page, boName).getByRole('button').click();
  await action(ana.page, 'invite').click();
  await action(ana.page, 'withdraw').waitFor();
  await bo.call('session.leave', { session_id: id });
  await gone(row(ana.page, boName));
  const withdrawn = next(bo, 'relation.changed', ({ relation }) => relation.state === 'none');
  await action(ana.page, 'withdraw').click();
  assert.equal((await withdrawn).notify, false);
  await action(ana.page, 'invite').waitFor();
  await ana.close();
});

test('a companion follows its headset', async (t) => {
  const anaName = someone('Ana');
  const host = await server.device(someone('Bo'));
  const { session } = await host.call('session.create', { name: someone('Deck') });
  const headset = await server.device(anaName);
  const companion = await open(browser, server, anaName, { companion: true });
  t.after(() => companion.context.close());
  const { page } = companion;
  await page.getByText('This tablet follows your headset').waitFor();
  await headset.call('session.join', { session_id: session.id });
  await page.getByRole('heading', { name: session.name }).waitFor();
  assert.match(await page.getByTestId('member-count').textContent(), /^2 people/, 'no member of its own');
  await row(page, anaName).getByText('Headset').waitFor();
  // It acts for its user.
  const updated = next(host, 'session.roster', ({ updated }) => updated?.some(({ user }) => user.name === anaName));
  await page.getByRole('button', { name: 'Raise hand' }).click();
  assert.equal((await updated).updated[0].attributes.hand_raised, true);
  // It is told of what it missed while it was away.
  await page.reload();
  await page.getByRole('heading', { name: session.name }).waitFor();
  // It moves the headset.
  const other = await (await server.device(someone('Cy'))).call('session.create', { name: someone('Pier') });
  const moved = next(headset, 'session.resync', ({ session: now }) => now.id === other.session.id);
  await area(page, 'Sessions').click();
  await row(page, other.session.name).getByRole('button', { name: 'Join' }).click();
  await moved;
  await page.getByRole('heading', { name: other.session.name }).waitFor();
  await headset.call('session.leave', { session_id: other.session.id });
  await tab(page, 'In session').click();
  await page.getByText('This tablet follows your headset').waitFor();
  await companion.close();
});

test('a companion without a headset says so', async (t) => {
  const host = await server.device(someone('Bo'));
  const { session } = await host.call('session.create', { name: someone('Dock') });
  const companion = await tablet(t, 'Ana', { companion: true });
  await enter(companion, session.name);
  await companion.page.getByTestId('notice').getByText('Put the headset on first').waitFor();
  await companion.close();
});
