import type { JoinResult, Member, Session, SessionRoster } from 'foyer-client';
import { fold } from './relations.js';

export type Sort = 'joined' | 'name' | 'role' | 'device';

/** By which a member may tell the others on which node of the server they are; `foyer demo --cluster` has all do it. */
export const nodeAttribute = 'server_node';

/** The session that the user is in, as this device knows it. */
export class Room {
  session?: Session;
  members = new Map<string, Member>();
  version = 0;

  enter({ session, members, version }: JoinResult): void {
    this.session = session;
    this.members = new Map(members.map((member) => [member.user.id, member]));
    this.version = version;
  }

  leave(): void {
    this.session = undefined;
    this.members = new Map();
    this.version = 0;
  }

  /** Takes over what happened within a tick; false after a hole: then the roster is to be fetched again. */
  apply(change: SessionRoster): boolean {
    if (change.session_id !== this.session?.id || change.version <= this.version) return true;
    if (change.version > this.version + 1) return false;
    this.version = change.version;
    // Someone who left and joined again within a tick is in both: left first.
    for (const { user_id, number } of change.left ?? []) {
      if (this.members.get(user_id)?.number === number) this.members.delete(user_id);
    }
    for (const member of [...(change.joined ?? []), ...(change.updated ?? [])]) this.members.set(member.user.id, member);
    this.session = { ...this.session, member_count: this.members.size };
    return true;
  }

  list(query: string, sort: Sort): Member[] {
    const wanted = fold(query);
    const found = [...this.members.values()].filter(
      ({ user }) => fold(user.name).includes(wanted) || fold(user.username ?? '').includes(wanted),
    );
    return found.sort(orders[sort]);
  }
}

const roles = { host: 0, cohost: 1, member: 2 };
const joined = (a: Member, b: Member) => a.joined_at.localeCompare(b.joined_at) || a.number - b.number;
const name = (a: Member, b: Member) => a.user.name.localeCompare(b.user.name) || joined(a, b);
const orders: Record<Sort, (a: Member, b: Member) => number> = {
  joined,
  name,
  role: (a, b) => roles[a.role] - roles[b.role] || name(a, b),
  device: (a, b) => (a.devices[0] ?? '~').localeCompare(b.devices[0] ?? '~') || name(a, b),
};
