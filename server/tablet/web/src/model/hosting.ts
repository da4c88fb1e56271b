import { FoyerError, type Attributes, type Methods, type Role, type User } from 'foyer-client';
import { ask, loadSessions, refreshSessions } from './actions.js';
import type { App } from './app.js';
import { explain } from './words.js';

// Sessions: coming, going, and what hosts may do.

/** Joins; a password is asked for where one is needed. */
export async function join(app: App, session: { id: string; name: string; has_password?: boolean }, password?: string) {
  if (session.has_password && password === undefined) {
    app.dialog = { kind: 'password', session };
    app.changed();
    return;
  }
  await app.run('join', async () => {
    try {
      const joined = await app.client.call('session.join', { session_id: session.id, ...(password ? { password } : {}) });
      app.enter(joined);
      app.dialog = undefined;
      app.route = 'here';
      app.said = `You joined ${joined.session.name}.`;
    } catch (error) {
      if (error instanceof FoyerError && error.reason === 'wrong_password') {
        app.dialog = { kind: 'password', session, ...(password ? { error: explain(error).text } : {}) };
      } else if (app.dialog) {
        inDialog(app, error);
      } else {
        // What was listed may be full, locked or gone by now.
        refreshSessions(app);
        throw companionRefusal(app, error);
      }
    }
  });
}

export async function create(app: App, params: Methods['session.create'][0]): Promise<void> {
  await app.run('create', async () => {
    try {
      app.enter(await app.client.call('session.create', params));
      app.dialog = undefined;
      app.route = 'here';
    } catch (error) {
      inDialog(app, companionRefusal(app, error));
    }
  });
}

export async function leave(app: App): Promise<void> {
  const session = app.room.session;
  if (!session) return;
  const leaving = () => app.client.call('session.leave', { session_id: session.id });
  if (!(await app.run('leave', leaving, `You left ${session.name}.`))) return;
  if (app.room.session?.id === session.id) app.room.leave();
  void loadSessions(app);
  app.changed();
}

export async function update(app: App, params: Omit<Methods['session.update'][0], 'session_id'>): Promise<void> {
  const id = app.room.session?.id;
  if (!id) return;
  await app.run('update', async () => {
    try {
      const { session } = await app.client.call('session.update', { session_id: id, ...params });
      if (app.room.session?.id === id) app.room.session = session;
      if (app.dialog?.kind === 'room') app.dialog = undefined;
    } catch (error) {
      if (app.dialog?.kind !== 'room') throw error;
      inDialog(app, error);
    }
  });
}

export async function setAttributes(app: App, attributes: Attributes, userId?: string): Promise<void> {
  const id = app.room.session?.id;
  if (!id) return;
  await app.run(`attributes ${userId ?? ''}`, async () => {
    try {
      await app.client.call('session.set_attributes', {
        session_id: id,
        attributes,
        ...(userId ? { user_id: userId } : {}),
      });
    } catch (error) {
      const mine = !userId && error instanceof FoyerError && error.reason === 'forbidden' && 'muted' in attributes;
      if (!mine) throw error;
      throw new FoyerError(error.code, 'A host muted you. Ask them to unmute you.', { reason: 'muted_by_host' });
    }
  });
}

export async function setRole(app: App, user: User, role: Role): Promise<void> {
  const id = app.room.session?.id;
  if (!id) return;
  const run = () =>
    app.run(`role ${user.id}`, () => app.client.call('session.set_role', { session_id: id, user_id: user.id, role }));
  if (role !== 'host') {
    await run();
    return;
  }
  ask(app, {
    title: `Make ${user.name} the host?`,
    text: 'You become a co-host.',
    yes: 'Hand over',
    no: 'Stay host',
    run,
  });
}

export function kick(app: App, user: User, ban: boolean): void {
  const id = app.room.session?.id;
  if (!id) return;
  ask(app, {
    title: ban ? `Ban ${user.name}?` : `Remove ${user.name} from the session?`,
    text: ban ? 'They leave now and can’t come back until you lift the ban.' : 'They leave now, and may join again.',
    yes: ban ? 'Ban' : 'Remove',
    no: 'Cancel',
    run: () =>
      app.run(
        `kick ${user.id}`,
        () => app.client.call('session.kick', { session_id: id, user_id: user.id, ...(ban ? { ban } : {}) }),
        `${user.name} ${ban ? 'is banned' : 'was removed'}.`,
      ),
  });
}

export async function showBans(app: App): Promise<void> {
  const id = app.room.session?.id;
  if (!id) return;
  app.dialog = { kind: 'bans' };
  const answer = await app.run('bans', () => app.client.call('session.bans', { session_id: id, limit: 200 }));
  if (app.dialog?.kind !== 'bans') return;
  app.dialog = answer ? { kind: 'bans', users: answer.users } : undefined;
  app.changed();
}

export async function unban(app: App, user: User): Promise<void> {
  const id = app.room.session?.id;
  if (!id) return;
  await app.run(
    `unban ${user.id}`,
    async () => {
      await app.client.call('session.unban', { session_id: id, user_id: user.id });
      if (app.dialog?.kind !== 'bans') return;
      app.dialog = { kind: 'bans', users: app.dialog.users?.filter((one) => one.id !== user.id) };
    },
    `${user.name} may join again.`,
  );
}

export function closeSession(app: App): void {
  const session = app.room.session;
  if (!session) return;
  ask(app, {
    title: `Close ${session.name}?`,
    text: 'Everyone leaves, and the session ends for good.',
    yes: 'Close session',
    no: 'Keep it open',
    run: () => app.run('close', () => app.client.call('session.close', { session_id: session.id })),
  });
}

/** A refusal is shown where the user is looking: in the dialog that asked. */
function inDialog(app: App, error: unknown): void {
  if (!app.dialog || app.dialog.kind === 'confirm' || app.dialog.kind === 'bans') throw error;
  app.dialog = { ...app.dialog, error: explain(error).text };
  app.changed();
}

/** A companion follows a headset; without one there is nothing to move. */
function companionRefusal(app: App, error: unknown): unknown {
  if (!app.companion || !(error instanceof FoyerError) || error.reason !== 'forbidden') return error;
  return new FoyerError(error.code, 'This tablet follows your headset. Put the headset on first.', {
    reason: 'no_headset',
  });
}
