// The form that vends an access.

import { busy, element, fail, find, replace, say, show } from './dom.js';
import { sharing } from './folders.js';
import { list, moment } from './words.js';

const NAME = /^[a-z][a-z0-9-]{1,40}$/;
const PREFIX = /^[a-z0-9][a-z0-9-]*(\/[a-z0-9][a-z0-9-]*)*$/;
const HOURS = { hours: 1, days: 24 };
const LONGEST = 720; // hours
const RARELY = 15_000; // milliseconds between two drawings of the end
const TOLD = 5; // who has a folder, by name

export class Vending {
  #session;
  #handover;
  #credentials;
  #once;
  #others = '';
  #ticking;
  #listening = new AbortController();

  constructor(session, handover, credentials) {
    this.#session = session;
    this.#handover = handover;
    this.#credentials = credentials;
    this.form = find('vend-form');
    const { signal } = this.#listening;
    for (const button of document.querySelectorAll('[data-vend]')) {
      button.addEventListener('click', () => this.open(), { signal });
    }
    find('vend-cancel').addEventListener('click', () => find('vend').close(), { signal });
    this.form.addEventListener('input', () => this.#changed(), { signal });
    this.form.addEventListener('submit', (event) => this.#submit(event), { signal });
  }

  open() {
    this.form.reset();
    fail(find('vend-problem'), '');
    const zones = this.#credentials.dropzones;
    const options = zones.map((one) => {
      const prefix = one.prefix.replace(/\/$/, '');
      return element('option', { value: prefix }, one.flow ? `${prefix}/ (flow ${one.flow})` : `${prefix}/`);
    });
    replace(find('vend-zone'), options);
    this.#changed();
    if (!zones.length) fail(find('vend-problem'), 'This silo has no drop zone yet: it needs a flow that takes files.');
    clearInterval(this.#ticking);
    this.#ticking = setInterval(() => this.#changed(false), RARELY);
    find('vend').showModal();
    this.form.elements.name.focus();
  }

  close() {
    clearInterval(this.#ticking);
    this.#listening.abort();
  }

  // Another wish gets another key; the same one, sent again because no answer came, keeps its own.
  #changed(another = true) {
    if (another) this.#once = crypto.randomUUID();
    const { elements } = this.form;
    const hours = this.#hours();
    const ends = hours ? `Ends ${moment(new Date(Date.now() + hours * 3_600_000).toISOString())}.` : '';
    say(find('vend-ends'), ends || 'At most 30 days.');
    say(find('vend-where'), `Files land in ${this.#prefix() || '…'}/`);
    this.#shared();
    for (const one of ['name', 'below', 'amount', 'shared']) elements[one].removeAttribute('aria-invalid');
  }

  // Others than before are another question: the answer to the one before does not count for it.
  #shared() {
    const found = this.#prefix() ? sharing(this.#prefix(), this.#credentials.all) : [];
    const others = found.map((one) => one.name).join(' ');
    if (others !== this.#others) this.form.elements.shared.checked = false;
    this.#others = others;
    const names = found.slice(0, TOLD).map((one) => `${one.name} (${one.prefix})`);
    if (found.length > TOLD) names.push(`${found.length - TOLD} more`);
    const words = 'Who may read there sees what all of them deliver.';
    say(find('vend-shared-told'), `${list(names)} ${found.length === 1 ? 'has' : 'have'} files in the same place. ${words}`);
    show(find('vend-shared'), found.length > 0);
  }

  #hours() {
    const { amount, unit } = this.form.elements;
    const hours = Number(amount.value) * HOURS[unit.value];
    return Number.isInteger(hours) && hours >= 1 && hours <= LONGEST ? hours : 0;
  }

  #prefix() {
    const { zone, below } = this.form.elements;
    const more = below.value.trim().replace(/^\/+|\/+$/g, '');
    return more ? `${zone.value}/${more}` : zone.value;
  }

  #wish() {
    const { elements } = this.form;
    const checked = (name) => Array.from(this.form.querySelectorAll(`[name="${name}"]:checked`), (box) => box.value);
    const refuse = (field, words) => {
      elements[field]?.setAttribute?.('aria-invalid', 'true');
      elements[field]?.focus?.();
      throw new Error(words);
    };
    const wish = {
      name: elements.name.value.trim(),
      prefix: this.#prefix(),
      protocols: checked('protocols'),
      permissions: checked('permissions'),
      hours: this.#hours(),
      cidrs: elements.cidrs.value.split(/[\s,;]+/).filter(Boolean),
      maxObjectMiB: elements.limit.value ? Number(elements.limit.value) : null,
      note: elements.note.value.trim(),
      ...(this.#others && { shared: elements.shared.checked }),
    };
    if (!NAME.test(wish.name)) refuse('name', 'A name has 2 to 41 small letters, digits and hyphens, and begins with a letter.');
    if (!PREFIX.test(wish.prefix)) refuse('below', 'A folder has small letters, digits and hyphens, with slashes between folders.');
    if (!wish.protocols.length) throw new Error('Choose at least one way to deliver.');
    if (!wish.permissions.length) throw new Error('Choose at least one thing that the access allows.');
    if (!wish.hours) refuse('amount', 'An access lasts a whole number of hours, at least one and at most 30 days.');
    if (wish.shared === false) refuse('shared', 'Confirm that the folder is meant to be shared, or name another one.');
    return wish;
  }

  async #submit(event) {
    event.preventDefault();
    const problem = find('vend-problem');
    fail(problem, '');
    try {
      const wish = this.#wish();
      const made = await busy(find('vend-button'), 'Asking…', () =>
        this.#session.ask('POST', '/credentials', { body: wish, once: this.#once }),
      );
      find('vend').close();
      clearInterval(this.#ticking);
      this.#handover.take(made);
    } catch (error) {
      if (error.code === 'folder-taken') await this.#credentials.load().then(() => this.#changed()); // somebody got it meanwhile
      fail(problem, error.message);
      problem.scrollIntoView({ block: 'nearest' });
    }
  }
}
