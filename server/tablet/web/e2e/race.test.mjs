// Accepting and withdrawing at once: one of the two wins, and both screens agree on which.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { action, eventually, find, launch, open, panel, row, tab } from './page.mjs';
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

const ROUNDS = 18;

async function couple(t) {
  const names = [someone('Ana'), someone('Bo')];
  const [ana, bo] = await Promise.all(names.map((name) => open(browser, server, name)));
  t.after(() => Promise.allSettled([ana.context.close(), bo.context.close()]));
  const ids = await Promise.all(names.map(async (name) => (await server.token(name)).user.id));
  // Ana's own second device asks; the taps are made on the pages.
  const helper = await server.device(names[0]);
  await (await find(ana.page, names[1])).getByRole('button').first().click();
  await panel(ana.page).waitFor();
  await tab(bo.page, /^Invitations/).click();
  return { ana, bo, names, ids, helper };
}

async function ask({ ana, bo, names, ids, helper }) {
  await helper.call('invitation.send', { to: { user_id: ids[1] } });
  await action(ana.page, 'withdraw').waitFor();
  await row(bo.page, names[0]).getByRole('button', { name: 'Accept' }).waitFor();
}

/** Taps in the page itself, so that both happen within the same moment; the other one may have been quicker. */
const tapWithdraw = ({ ana }) => ana.page.evaluate(() => document.querySelector('[data-testid=action-withdraw] button')?.click());
const tapAccept = ({ bo, ids }) =>
  bo.page.evaluate((id) => document.querySelector(`[data-testid="received-${id}"] .button-primary`)?.click(), ids[0]);

/** Both screens show the same outcome; returns which. */
async function outcome({ ana, bo, names, ids, helper }) {
  let state;
  await eventually(async () => {
    const { relations } = await helper.call('relation.list');
    state = relations[ids[1]]?.state ?? 'none';
    return state === 'connected' || state === 'none';
  }, 'decided');
  await action(ana.page, state === 'connected' ? 'remove_connection' : 'invite').waitFor();
  await eventually(async () => (await row(bo.page, names[0]).count()) === 0, 'Bo’s list is empty');
  return state;
}

/** Back to nothing between the two, and no notice left over. */
async function reset({ ana, bo, ids, helper }, state) {
  if (state === 'connected') {
    await helper.call('connection.remove', { user_id: ids[1] });
    await action(ana.page, 'invite').waitFor();
  }
  for (const { page } of [ana, bo]) {
    const notice = page.getByTestId('notice');
    if (await notice.count()) await notice.getByRole('button', { name: 'Dismiss' }).click();
  }
}

test('accept after withdraw: told calmly', async (t) => {
  const story = await couple(t);
  await ask(story);
  // Bo's page hears of it only after the tap: the request is on its way when the news comes.
  const bo = await server.device(story.names[1]);
  const heard = next(bo, 'relation.changed', ({ relation }) => relation.state === 'none');
  const { invitation } = (await bo.call('relation.list')).relations[story.ids[0]];
  await tapWithdraw(story);
  await heard;
  await assert.rejects(bo.call('invitation.accept', { invitation_id: invitation.id }), (error) => {
    assert.equal(error.reason, 'invitation_not_pending');
    assert.equal(error.relation.state, 'none');
    return true;
  });
  assert.equal(await outcome(story), 'none');
  await Promise.all([story.ana.close(), story.bo.close()]);
});

test('both orders and at once, many times', async (t) => {
  const story = await couple(t);
  const seen = { connected: 0, none: 0, notices: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    await ask(story);
    const both =
      round % 3 === 0
        ? [tapWithdraw(story), tapAccept(story)]
        : round % 3 === 1
          ? [tapAccept(story), tapWithdraw(story)]
          : [tapAccept(story).then(() => tapWithdraw(story))];
    await Promise.all(both);
    const state = await outcome(story);
    seen[state]++;
    for (const { page } of [story.ana, story.bo]) {
      const notice = page.getByTestId('notice');
      if (!(await notice.count())) continue;
      seen.notices++;
      assert.match(await notice.textContent(), /no longer open|accepted before you cancelled/);
      assert.equal(await notice.getAttribute('role'), 'status', 'a lost race is no alarm');
    }
    await reset(story, state);
  }
  t.diagnostic(JSON.stringify(seen));
  assert.equal(seen.connected + seen.none, ROUNDS);
  await Promise.all([story.ana.close(), story.bo.close()]);
});

test('both ask at once: connected, on both screens', async (t) => {
  const story = await couple(t);
  const [anaName, boName] = story.names;
  const found = await Promise.all([find(story.ana.page, boName), find(story.bo.page, anaName)]);
  const tap = (row) => row.getByRole('button', { name: 'Connect', exact: true }).click();
  await Promise.all(found.map(tap));
  for (const one of found) await one.getByText('Connected').waitFor();
  await Promise.all([story.ana.close(), story.bo.close()]);
});
