#include "app/cli/output_file.h"

#include <errno.h>

#include "engine/base/target.h"

bool output_file_open(struct output_file *o, const char *path, struct err *e)
{
    *o = (struct output_file){ .stream = stdout, .file = path && !target_is_stdout(path) };
    if (!o->file) return true;
    if (!file_begin_as(&o->writer, path, FILE_OF_USER, e)) return err_wrap(e, "export");
    o->stream = o->writer.stream;
    return true;
}

bool output_file_close(struct output_file *o, bool ok, struct err *e)
{
    if (!o->file) return ok; /* app_finish tells of a full disk */
    if (!ok) {
        file_abandon(&o->writer);
        return false;
    }
    if (!o->writer.failed && ferror(o->stream)) o->writer.failed = errno ? errno : EIO;
    return file_commit(&o->writer, e);
}
