// Everybody who may deliver to this silo: declared in git, and vended here.

import { element, find, replace, say, show, time } from './dom.js';
import { sharing } from './folders.js';
import { count, list, moment, until } from './words.js';

const STATES = {
  active: 'Active',
  expired: 'Expired',
  disabled: 'Disabled',
  making: 'Being made',
  failed: 'Failed',
  ending: 'Being ended',
};
const SOON = 3 * 24 * 3600 * 1000; // milliseconds
const PROTOCOLS = { web: 'this site', api: 'AWS API', sftp: 'SFTP' };
const VERBS = { upload: 'deliver', list: 'list', download: 'read', delete: 'delete' }; // in the order they are told
const ROWS = 50; // shown at once
const TOLD = 5; // who shares a folder, by name
const AGAIN = 3000; // milliseconds between two looks while something is being changed

export class Credentials {
  #session;
  #changes;
  #handover;
  #all;
  #waiting;
  #shown = ROWS;
  #listening = new AbortController();
  dropzones = [];

  constructor(session, changes, handover) {
    this.#session = session;
    this.#changes = changes;
    this.#handover = handover;
    const { signal } = this.#listening;
    for (const id of ['filter-words', 'filter-state', 'filter-origin']) {
      find(id).addEventListener('input', () => this.#filtered(), { signal });
    }
    find('entries-more').addEventListener('click', () => this.#more(), { signal });
    find('reload').addEventListener('click', () => this.load(), { signal });
  }

  async load() {
    clearTimeout(this.#waiting);
    if (!this.#all) say(find('entries-told'), 'Looking…');
    try {
      const said = await this.#session.ask('GET', '/partners');
      if (this.#listening.signal.aborted) return;
      this.#all = said.credentials;
      this.dropzones = said.dropzones;
      this.#draw();
      const changing = said.busy || this.#all.some((one) => one.state === 'making' || one.state === 'ending');
      if (changing) this.#waiting = setTimeout(() => this.load(), AGAIN);
    } catch (error) {
      if (this.#listening.signal.aborted) return;
      say(find('entries-told'), `This could not be read: ${error.message}`);
      if (error.status >= 500) this.#waiting = setTimeout(() => this.load(), 1000 * Math.max(5, error.retryAfter ?? 0));
    }
  }

  get all() {
    return this.#all ?? [];
  }

  close() {
    clearTimeout(this.#waiting);
    this.#listening.abort();
    replace(find('entries'));
  }

  #filtered() {
    this.#shown = ROWS;
    this.#draw();
  }

  #more() {
    const before = this.#shown;
    this.#shown += ROWS;
    this.#draw();
    find('entries').children[before]?.querySelector('h3')?.focus();
  }

  #draw() {
    if (!this.#all) return;
    const words = find('filter-words').value.trim().toLowerCase();
    const [state, origin] = [find('filter-state').value, find('filter-origin').value];
    const found = this.#all.filter(
      (one) =>
        (!state || one.state === state) &&
        (!origin || one.origin === origin) &&
        (!words || `${one.name} ${one.prefix} ${one.note ?? ''} ${one.vendedBy ?? ''}`.toLowerCase().includes(words)),
    );
    const focused = document.activeElement?.dataset.act;
    replace(find('entries'), found.slice(0, this.#shown).map((one) => this.#entry(one)));
    show(find('entries-more'), found.length > this.#shown);
    if (focused) document.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
    show(find('empty'), this.#all.length === 0);
    show(find('filters'), this.#all.length > 0);
    say(find('entries-told'), this.#told(found.length));
  }

  #told(found) {
    if (!this.#all.length) return '';
    if (found === this.#all.length) return count(found, 'credential');
    return found ? `${found} of ${count(this.#all.length, 'credential')}` : 'Nothing here is like that.';
  }

  #entry(one) {
    return element(
      'li',
      { class: 'entry', 'data-state': one.state },
      element(
        'div',
        { class: 'entry-head' },
        element('h3', { tabindex: '-1' }, one.name),
        element('span', { class: 'state' }, STATES[one.state] ?? one.state),
        element('span', { class: 'badge' }, one.origin === 'git' ? 'declared in git' : 'vended here'),
        element('div', { class: 'acts' }, one.origin === 'vended' ? this.#acts(one) : []),
      ),
      one.note && element('p', { class: 'told' }, one.note),
      element(
        'dl',
        { class: 'facts' },
        fact('May', `${may(one)} in ${one.prefix}`),
        fact('By', list(one.protocols.map((word) => PROTOCOLS[word] ?? word))),
        fact(one.state === 'expired' ? 'Ended' : 'Ends', ends(one)),
        fact('Last used', lastUsed(one.keys)),
        one.cidrs.length > 0 && fact('Only from', one.cidrs.join(', ')),
        this.#sharing(one),
        one.vendedBy && fact('Vended by', element('span', {}, one.vendedBy, ', ', time(one.vendedAt, moment))),
      ),
    );
  }

  #sharing(one) {
    const others = sharing(one.prefix, this.#all).filter((other) => other !== one);
    if (one.state === 'ending' || !others.length) return null;
    const names = others.slice(0, TOLD).map((other) => other.name);
    if (others.length > TOLD) names.push(`${others.length - TOLD} more`);
    return fact('Shares files with', list(names));
  }

  #acts(one) {
    const act = (id, text, work, look = 'quiet') =>
      element(
        'button',
        { type: 'button', class: look, 'aria-label': `${text}: ${one.name}`, 'data-act': `${id}:${one.name}`, onclick: work },
        text,
      );
    const acts = [];
    if (this.#handover.waits(one.name)) acts.push(act('show', 'Show the pair', () => this.#handover.open(one.name)));
    if (one.state === 'active' || one.state === 'expired') acts.push(act('extend', 'Extend', () => this.#changes.extend(one)));
    if (one.state === 'active') acts.push(act('rotate', 'New key', () => this.#changes.rotate(one)));
    if (one.state !== 'making' && one.state !== 'ending') {
      acts.push(act('revoke', 'Revoke', () => this.#changes.revoke(one), 'quiet danger'));
    }
    return acts;
  }
}

function fact(name, value) {
  return element('div', {}, element('dt', {}, name), element('dd', {}, value));
}

function may({ permissions }) {
  return list(Object.keys(VERBS).filter((word) => permissions.includes(word)).map((word) => VERBS[word]));
}

function ends({ expires }) {
  const soon = Math.abs(new Date(expires) - Date.now()) < SOON;
  return element('span', {}, time(expires, moment), soon ? ` (${until(expires)})` : '');
}

function lastUsed(keys) {
  const used = keys.filter((key) => key.lastUsed).sort((one, other) => other.lastUsed.localeCompare(one.lastUsed))[0];
  if (!used) return keys.length ? 'never' : 'no key yet';
  return element('span', {}, time(used.lastUsed, moment), used.service ? ` by ${used.service},` : '', ` key\u00a0…\u2060${used.id}`);
}
