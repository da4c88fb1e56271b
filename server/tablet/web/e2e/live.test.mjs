// What others do shows at once, and only what is worth a word is said.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { action, area, eventually, find, gone, launch, open, panel, row, search, tab } from './page.mjs';
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

async function start(t) {
  const [anaName, boName] = [someone('Ana'), someone('Bo')];
  const bo = await server.device(boName);
  const ana = await open(browser, server, anaName);
  t.after(() => ana.context.close());
  const anaId = (await server.token(anaName)).user.id;
  const ask = (message) => bo.call('invitation.send', { to: { user_id: anaId }, ...(message ? { message } : {}) });
  return { ana, bo, anaName, boName, anaId, boId: bo.hello.user.id, ask, page: ana.page };
}

test('a received request: toast, badge, and an answer from the toast', async (t) => {
  const { ana, bo, boName, ask, page } = await start(t);
  await ask('Hello <b>there</b>');
  const toast = page.getByTestId('toast');
  await toast.getByText(`${boName} wants to connect`).waitFor();
  assert.match(await page.getByTestId('unseen').first().textContent(), /^1/);
  const accepted = next(bo, 'relation.changed', ({ cause }) => cause === 'accepted');
  await toast.getByRole('button', { name: 'Accept' }).click();
  assert.equal((await accepted).notify, true);
  await gone(toast);
  assert.equal(await page.getByTestId('unseen').count(), 0);
  await tab(page, /^Connections/).click();
  await row(page, boName).waitFor();
  assert.equal(await ana.toasts(), 1, 'one’s own acceptance is no news');
  await ana.close();
});

test('beside the panel, news covers neither its buttons nor the tabs', async (t) => {
  const { ana, ask, boName, page } = await start(t);
  const other = someone('Cem');
  await server.device(other);
  await (await find(page, other)).getByRole('button').first().click();
  await action(page, 'invite').waitFor();
  await ask();
  const toast = page.getByTestId('toast');
  await toast.getByText(`${boName} wants to connect`).waitFor();
  // A press goes to what is asked for, not to what lies over it; trial looks, and doesn't press.
  await action(page, 'invite').click({ trial: true });
  await panel(page).getByRole('button', { name: 'Close' }).click({ trial: true });
  for (const name of [/^In session/, /^Connections/, /^Invitations/, /^Add/]) await tab(page, name).click({ trial: true });
  await toast.getByRole('button', { name: 'Accept' }).click({ trial: true });
  await ana.close();
});

test('a message goes with a request, and is shown as text', async (t) => {
  const { ana, boName, page } = await start(t);
  const bo = await open(browser, server, boName);
  await (await find(page, boName)).getByRole('button').first().click();
  await panel(page).getByText('Add a message').click();
  await panel(page).getByLabel(`Message to ${boName}`).fill('See you at <the> rehearsal?');
  await action(page, 'invite').click();
  await panel(page).getByText('See you at <the> rehearsal?').waitFor();
  await tab(bo.page, /^Invitations/).click();
  await bo.page.getByRole('list', { name: 'Received requests' }).getByText('See you at <the> rehearsal?').waitFor();
  await bo.close();
  await ana.close();
});

test('an accepted request is news to the sender; its toast opens the panel', async (t) => {
  const { ana, bo, boName, anaId, page } = await start(t);
  await (await find(page, boName)).getByRole('button', { name: 'Connect', exact: true }).click();
  const { invitation } = (await bo.call('relation.list')).relations[anaId];
  await bo.call('invitation.accept', { invitation_id: invitation.id });
  await page.getByTestId('toast').getByText(`${boName} accepted your request`).click();
  await action(page, 'remove_connection').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove connection' }).click();
  await action(page, 'invite').waitFor();
  assert.equal(await ana.toasts(), 1);
  await ana.close();
});

test('a removal, a block and their undoing come without a toast', async (t) => {
  const { ana, bo, boName, anaId, ask, page } = await start(t);
  await ask();
  await page.getByTestId('toast').getByRole('button', { name: 'Accept' }).click();
  await tab(page, /^Connections/).click();
  await row(page, boName).waitFor();
  await bo.call('connection.remove', { user_id: anaId });
  await gone(row(page, boName));
  await (await find(page, boName)).getByRole('button').first().click();
  await action(page, 'block').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Block' }).click();
  await action(page, 'unblock').click();
  await action(page, 'invite').waitFor();
  assert.equal(await ana.toasts(), 1);
  assert.equal(await page.getByTestId('notice').count(), 0);
  await ana.close();
});

test('declined, listed, taken back, accepted; the sender sees nothing of the first two', async (t) => {
  const { ana, bo, boName, boId, anaId, ask, page } = await start(t);
  await ask();
  const told = [];
  bo.on('relation.changed', ({ cause }) => cause !== 'sent' && told.push(cause));
  await tab(page, /^Invitations/).click();
  await row(page, boName).getByRole('button', { name: 'Decline' }).click();
  await gone(page.getByTestId(`received-${boId}`));
  await page.getByRole('button', { name: /^Declined/ }).click();
  await page.getByTestId(`declined-${boId}`).getByRole('button', { name: 'Undo' }).click();
  await gone(page.getByTestId(`declined-${boId}`));
  await page.getByRole('button', { name: /^Received/ }).click();
  // The same by the panel.
  await page.getByTestId(`received-${boId}`).getByRole('button', { name: boName }).click();
  await action(page, 'decline').click();
  await action(page, 'undo_decline').click();
  await action(page, 'accept').waitFor();
  assert.equal((await bo.call('relation.list')).relations[anaId].state, 'invitation_sent');
  assert.deepEqual(told, []);
  await page.getByTestId(`received-${boId}`).getByRole('button', { name: 'Accept' }).click();
  await gone(page.getByTestId(`received-${boId}`));
  await eventually(() => told.includes('accepted'), 'Bo is told of the acceptance alone');
  assert.deepEqual(told, ['accepted']);
  await ana.close();
});

test('looking at invitations clears the badge on the other devices too', async (t) => {
  const { ana, anaName, boName, ask, page } = await start(t);
  const second = await open(browser, server, anaName);
  await ask();
  await second.page.getByTestId('unseen').first().waitFor();
  await tab(page, /^Invitations/).click();
  await row(page, boName).waitFor();
  await gone(page.getByTestId('unseen').first());
  await gone(second.page.getByTestId('unseen').first());
  await second.close();
  await ana.close();
});

test('busy: no pop-ups, but the badge', async (t) => {
  const { ana, ask, page } = await start(t);
  await area(page, 'You').click();
  await page.getByRole('button', { name: /^Busy/ }).click();
  await page.getByRole('button', { name: /^Busy/, pressed: true }).waitFor();
  await ask();
  await page.getByTestId('unseen').first().waitFor();
  assert.equal(await ana.toasts(), 0);
  await ana.close();
});

test('presence and note of a connection, live', async (t) => {
  const { ana, bo, boName, ask, page } = await start(t);
  await ask();
  await page.getByTestId('toast').getByRole('button', { name: 'Accept' }).click();
  await tab(page, /^Connections/).click();
  await row(page, boName).getByText('Online').waitFor();
  await bo.call('presence.set', { status: 'busy', note: 'Building <i>the</i> lobby' });
  await row(page, boName).getByText('Busy · “Building <i>the</i> lobby”').waitFor();
  await bo.call('presence.set', { status: 'invisible' });
  await row(page, boName).getByText('Offline').waitFor();
  await ana.close();
});

test('an invitation to an address: sent, found again by the search, cancelled by the cross', async (t) => {
  const { ana, anaName, page } = await start(t);
  const second = await server.device(anaName, { kind: 'desktop' });
  const address = `${someone('lena').replace(' ', '.')}@example.org`;
  await tab(page, /^Add/).click();
  await search(page).fill(address);
  const shown = page.getByTestId('address-row');
  await shown.getByRole('button', { name: 'Invite' }).click();
  await shown.getByText('Request sent').waitFor();
  await tab(page, /^Invitations/).click();
  await page.getByTestId(`sent-${address}`).waitFor();
  await tab(page, /^Add/).click();
  const withdrawn = next(second, 'relation.changed', ({ cause }) => cause === 'withdrawn');
  await shown.getByTestId('cancel-cross').click();
  await withdrawn;
  await shown.getByRole('button', { name: 'Invite' }).waitFor();
  await ana.close();
});

test('settings are those of the user, on all their devices', async (t) => {
  const { ana, anaName, anaId, bo, page } = await start(t);
  const second = await open(browser, server, anaName);
  for (const one of [ana, second]) await area(one.page, 'You').click();
  await page.getByLabel('Who may send me requests').selectOption('nobody');
  await page.getByRole('switch', { name: /^Found by e-mail/ }).check();
  await eventually(
    async () => (await second.page.getByLabel('Who may send me requests').inputValue()) === 'nobody',
    'the other tablet shows it',
  );
  await second.page.getByRole('switch', { name: /^Found by e-mail/, checked: true }).waitFor();
  await assert.rejects(bo.call('invitation.send', { to: { user_id: anaId } }), { reason: 'not_accepting_invitations' });
  await second.close();
  await ana.close();
});

test('a refusal says why, in words', async (t) => {
  const { ana, bo, boName, page } = await start(t);
  const found = await find(page, boName);
  await bo.call('settings.update', { invitable_by: 'nobody' });
  await found.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByTestId('notice').getByText('They aren’t taking requests at the moment.').waitFor();
  await ana.close();
});

test('asking again too soon: why not, until when, and then it can be done', async (t) => {
  const strict = await Server.start({ args: ['--invitations.pair-gap=4s'] });
  t.after(() => strict.stop());
  const boName = someone('Bo');
  await strict.device(boName);
  const ana = await open(browser, strict, someone('Ana'));
  t.after(() => ana.context.close());
  await (await find(ana.page, boName)).getByRole('button').first().click();
  await action(ana.page, 'invite').click();
  await action(ana.page, 'withdraw').click();
  await panel(ana.page).getByText(/You’ve asked this person recently\. You can try again (in \d seconds?|now)\./).waitFor();
  assert.equal(await action(ana.page, 'invite').isDisabled(), true);
  // Nobody does anything: the server sends the panel anew when the time has come.
  await panel(ana.page).getByRole('button', { name: 'Connect', disabled: false }).click();
  await action(ana.page, 'withdraw').waitFor();
  await ana.close();
});

test('invisible: offline to others, plain to oneself, and after a reload too', async (t) => {
  const { ana, bo, boName, anaId, ask, page } = await start(t);
  await ask();
  await page.getByTestId('toast').getByText(boName).waitFor();
  await page.getByTestId('toast').getByRole('button', { name: 'Accept' }).click();
  await area(page, 'You').click();
  const offline = next(bo, 'presence.changed', ({ people }) =>
    people.some(({ user_id, presence }) => user_id === anaId && presence.status === 'offline'),
  );
  const invisible = page.getByRole('button', { name: /^Invisible/, pressed: true });
  await page.getByRole('button', { name: /^Invisible/ }).click();
  await Promise.all([offline, invisible.waitFor()]);
  await page.reload();
  await area(page, 'You').click();
  await invisible.waitFor();
  await page.getByRole('button', { name: /^Online/ }).click();
  await page.getByRole('button', { name: /^Online/, pressed: true }).waitFor();
  await ana.close();
});

test('names are text, whatever they are', async (t) => {
  const { ana, page } = await start(t);
  const name = `<img src=x onerror=alert(1)> ${someone('Eve')}`;
  const eve = await server.device(name);
  await find(page, eve.hello.user.name.split(' ').at(-1));
  await row(page, 'onerror=alert(1)').getByRole('button').first().click();
  await page.getByRole('heading', { name: /<img/ }).waitFor();
  assert.equal(await page.locator('img').count(), 0);
  await ana.close();
});
