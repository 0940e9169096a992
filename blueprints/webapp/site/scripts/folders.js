// Who has a folder already: the same one, one above it or one within it. The service decides by the same rule.

const below = (one, other) => `${one.replace(/\/$/, '')}/`.startsWith(`${other.replace(/\/$/, '')}/`);

// `all` as the list tells them; one that is being ended has nothing any more.
export function sharing(prefix, all) {
  return all.filter((one) => one.state !== 'ending' && (below(prefix, one.prefix) || below(one.prefix, prefix)));
}
