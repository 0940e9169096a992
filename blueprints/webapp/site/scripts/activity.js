// What was done to vended accesses, newest first.

import { element, find, replace, say, show, time } from './dom.js';
import { count, moment } from './words.js';

const DID = {
  vended: 'vended',
  extended: 'extended',
  rotated: 'made a new key for',
  revealed: 'was shown the pair of',
  revoked: 'revoked',
  ended: 'ended',
};

export class Activity {
  #session;
  #closed = false;

  constructor(session) {
    this.#session = session;
  }

  async load() {
    say(find('activity-told'), 'Looking…');
    try {
      const { entries } = await this.#session.ask('GET', '/audit');
      if (!this.#closed) this.#draw([...entries].sort((one, other) => other.at.localeCompare(one.at)));
    } catch (error) {
      if (!this.#closed) say(find('activity-told'), `This could not be read: ${error.message}`);
    }
  }

  close() {
    this.#closed = true;
    replace(find('activity-rows'));
  }

  #draw(entries) {
    const rows = entries.map((one) =>
      element(
        'tr',
        {},
        element('td', {}, time(one.at, moment)),
        element('td', { class: 'path' }, one.by),
        element(
          'td',
          { class: 'path' },
          `${DID[one.did] ?? one.did} `,
          element('strong', {}, one.name),
          one.detail ? `: ${one.detail}` : '',
        ),
      ),
    );
    replace(find('activity-rows'), rows);
    show(find('activity-table'), rows.length > 0);
    const told = rows.length ? `The last ${count(rows.length, 'event')}. The function's log has all.` : 'Nothing was vended yet.';
    say(find('activity-told'), told);
  }
}
