/* The history of the schema: an ordered table of migrations. Only files of store/ include this. */
#ifndef MLVICX_STORE_MIGRATIONS_H
#define MLVICX_STORE_MIGRATIONS_H

/** One step of the history: the statements that lead from the version before to this one. */
struct migration {
    int version;
    const char *sql;
};

/** All of them, in order; `*count` filled. */
const struct migration *schema_migrations(int *count);

#endif
