/*
 * temporary.c - directories that a verb makes for itself and removes again.
 */
#include "cli/cli.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>

const char *cli_temporary_parent(void)
{
    const char *parent = getenv("TMPDIR");
    return parent != NULL ? parent : P_tmpdir;
}

bool cli_temporary_make(const char *verb, const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s-XXXXXX", cli_temporary_parent(), name);
    if (mkdtemp(path) == NULL) {
        cli_error("%s: cannot make a temporary directory %s: %s", verb, path, strerror(errno));
        return false;
    }
    return true;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

void cli_temporary_remove(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
