// The lower half of the partners' page: what was delivered. Without the right to list, what this visit delivered.

import { element, find, replace, say, show, time } from './dom.js';
import { count, moment, size } from './words.js';

const ROWS = 50; // shown at once
const REDRAW = 200; // milliseconds between two drawings while files arrive
const PAGES = 5; // of a thousand names, read before it is faster to search by the beginning of a name

export class Listing {
  #dropzone;
  #may;
  #objects = [];
  #all = true; // whether everything was read
  #shown = ROWS;
  #asked = 0;
  #waiting;
  #drawing = 0;
  #listening = new AbortController();

  constructor(dropzone, may) {
    this.#dropzone = dropzone;
    this.#may = may;
    const { signal } = this.#listening;
    find('search').value = '';
    find('search').addEventListener('input', () => this.#searched(), { signal });
    find('refresh').addEventListener('click', () => this.load(), { signal });
    find('more').addEventListener('click', () => this.#more(), { signal });
    show(find('refresh'), may);
    say(find('delivered-title'), may ? 'Delivered' : 'Delivered in this visit');
  }

  async load() {
    if (!this.#may) return this.#draw();
    this.#asked += 1;
    const mine = this.#asked;
    say(find('delivered-told'), 'Looking…');
    const below = this.#all ? '' : this.#typed();
    try {
      const found = await this.#read(below);
      if (mine !== this.#asked) return undefined; // a later question was asked meanwhile
      this.#objects = found.objects;
      this.#all = below === '' && !found.next;
      return this.#draw();
    } catch (error) {
      return say(find('delivered-told'), `What was delivered cannot be shown: ${error.message}`);
    }
  }

  add({ path, size: bytes, at }) {
    this.#objects = [{ path, size: bytes, at }, ...this.#objects.filter((one) => one.path !== path)];
    this.#drawing ||= setTimeout(() => this.#draw(), REDRAW);
  }

  close() {
    this.#asked += 1;
    clearTimeout(this.#waiting);
    clearTimeout(this.#drawing);
    this.#listening.abort();
    replace(find('objects'));
  }

  async #read(below) {
    const objects = [];
    let next;
    for (let page = 0; page < PAGES; page += 1) {
      const some = await this.#dropzone.list(below, next);
      objects.push(...some.objects);
      next = some.next;
      if (!next) break;
    }
    return { objects, next };
  }

  #searched() {
    this.#shown = ROWS;
    clearTimeout(this.#waiting);
    if (!this.#all) this.#waiting = setTimeout(() => this.load(), 300);
    this.#draw();
  }

  #more() {
    const first = this.#shown;
    this.#shown += ROWS;
    this.#draw();
    find('objects').children[first]?.focus();
  }

  #typed() {
    return find('search').value.trim();
  }

  #draw() {
    clearTimeout(this.#drawing);
    this.#drawing = 0;
    const typed = this.#typed().toLowerCase();
    const found = this.#objects
      .filter((one) => one.path.toLowerCase().includes(typed))
      .sort((one, other) => other.at.localeCompare(one.at) || one.path.localeCompare(other.path));
    const rows = found.slice(0, this.#shown).map((one) =>
      element(
        'tr',
        { tabindex: '-1' },
        element('td', { class: 'path' }, one.path),
        element('td', { class: 'number' }, size(one.size)),
        element('td', {}, time(one.at, moment)),
      ),
    );
    replace(find('objects'), rows);
    show(find('table'), rows.length > 0);
    show(find('more'), found.length > this.#shown);
    say(find('delivered-told'), this.#words(found.length, typed));
  }

  #words(found, typed) {
    if (!this.#all && !typed) {
      return `More than ${count(this.#objects.length, 'file')}: type the beginning of a name, with its folders, to search.`;
    }
    if (!this.#objects.length) return this.#may ? 'Nothing yet. What you deliver appears here.' : 'Nothing yet.';
    if (typed) return found ? `${count(found, 'file')} found` : 'No file has this in its name.';
    return count(found, 'file');
  }
}
