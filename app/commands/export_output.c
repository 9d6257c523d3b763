#include "app/commands/export_output.h"

#include <errno.h>

#include "engine/base/target.h"

bool export_output_open(struct export_output *o, const char *path, struct err *e)
{
    *o = (struct export_output){ .stream = stdout, .file = path && !target_is_stdout(path) };
    if (!o->file) return true;
    if (!file_begin_as(&o->writer, path, FILE_OF_USER, e)) return err_wrap(e, "export");
    o->stream = o->writer.stream;
    return true;
}

bool export_output_close(struct export_output *o, bool ok, struct err *e)
{
    if (!o->file) return ok; /* app_finish tells of a full disk */
    if (!ok) {
        file_abandon(&o->writer);
        return false;
    }
    if (!o->writer.failed && ferror(o->stream)) o->writer.failed = errno ? errno : EIO;
    return file_commit(&o->writer, e);
}
