"""Words that cannot be a bare column name where the tables are read."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Athena user guide, "Escape reserved keywords in queries": DDL statements and SELECT
ATHENA = _words("""
    all alter and array as authorization between bigint binary boolean both by case cast char column conf constraint
    create cross cube current current_date current_timestamp cursor database date decimal delete describe distinct
    double drop else end exchange exists extended external extract false fetch float following for foreign from full
    function grant group grouping having if import in inner insert int integer intersect interval into is join lateral
    left less like local macro map more none not null of on only or order out outer over partialscan partition percent
    preceding precision preserve primary procedure range reads reduce references regexp revoke right rlike rollback
    rollup row rows select set smallint start table tablesample then time timestamp to transform trigger true truncate
    unbounded union uniquejoin update user using utc_timestamp values varchar views when where window with
""")

# Redshift database developer guide, "Reserved words"
REDSHIFT = _words("""
    aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary both
    case cast check collate column connect constraint create credentials cross current_date current_time
    current_timestamp current_user default deferrable deflate defrag delta desc disable distinct do else encode encrypt
    encryption end except explicit false for foreign freeze from full globaldict256 grant group gzip having identity
    ignore ilike in initially inner intersect interval into is isnull join leading left like limit localtime
    localtimestamp lun luns lzo minus natural new not notnull null off offline offset oid old on only open or order
    outer overlaps parallel partition percent permissions pivot placing primary raw readratio recover references reject
    resort respect restore right select session_user similar snapshot some sysdate system table tag tdes then timestamp
    to top trailing true truncatecolumns union unique unnest unpivot user using verbose wallet when where with without
""")
