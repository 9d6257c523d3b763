#include "engine/data/import/common/import_listing.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/split.h"
#include "engine/data/reasons.h"

bool listing_init(struct listing *l, const struct import_config *c, struct dataset *d, struct err *e)
{
    *l = (struct listing){ .c = c, .d = d };
    if (!import_find_files(c, d, &l->files, e)) return false;
    l->image_of = malloc(l->files.count * sizeof *l->image_of);
    if (!l->image_of) return err_set(e, ERR_MEMORY, "no memory for %zu file names", l->files.count);
    for (size_t i = 0; i < l->files.count; i++) l->image_of[i] = LISTED_NOT;
    return file_names_init(&l->names, (const char *const *)l->files.paths, l->files.count, e);
}

void listing_clear(struct listing *l)
{
    file_names_clear(&l->names);
    file_list_clear(&l->files);
    id_map_clear(&l->ids);
    free(l->image_of);
    *l = (struct listing){ 0 };
}

/* A name that no row had before. */
static bool look_up(struct listing *l, const char *written, uint32_t *value, struct err *e)
{
    struct file_match m;
    *value = UINT32_MAX;
    if (!file_names_find(&l->names, written, &m, e)) return false;
    if (!m.files || (l->whole_paths && !m.complete)) {
        l->d->absent++;
        return true;
    }
    if (m.files > 1) return import_tell_several(l->d, written, l->files.paths[m.file], l->files.paths[m.second], e);
    *value = (uint32_t)m.file;
    return true;
}

bool listing_find(struct listing *l, const char *written, int64_t *file, struct err *e)
{
    bool fresh;
    uint32_t value, *known = id_map_add(&l->ids, written, 0, &fresh, e);
    if (!known) return false;
    if (fresh) {
        if (!look_up(l, written, &value, e)) return false;
        *known = value;
    }
    *file = *known == UINT32_MAX ? -1 : (int64_t)*known;
    return true;
}

bool listing_take(struct listing *l, int64_t file, const char *patient, enum dataset_split split, uint32_t *image,
                  bool *fresh, struct err *e)
{
    int64_t known = l->image_of[file];
    *fresh = known < 0;
    if (!*fresh) {
        *image = (uint32_t)known;
        return true;
    }
    if (!dataset_add_image(l->d, l->files.paths[file], patient, split, NULL, image, e)) return false;
    l->image_of[file] = *image;
    return true;
}

void listing_leave(struct listing *l, int64_t file)
{
    l->image_of[file] = LISTED_LEFT;
}

bool listing_end(struct listing *l, const char *table, struct err *e)
{
    struct dataset *d = l->d;
    for (size_t i = 0; i < l->files.count; i++) d->unlisted += l->image_of[i] == LISTED_NOT;
    if (!d->count && d->unreadable_count)
        return err_set(e, ERR_DATA, "%s: none of its images can be read; the first: %s: %s", table,
                       d->unreadable[0].path, d->unreadable[0].reason);
    if (!d->count && d->unlisted == l->files.count)
        return err_set(e, ERR_DATA, "%s: none of its %u %s is below %s", table, d->absent,
                       text_number(d->absent, "image", "images"), d->source);
    if (!d->count) return err_set(e, ERR_DATA, "%s: no image of %s is wanted", table, d->source);
    return file_list_tell(&l->files, d, e) && import_tell_absent(d, e) &&
           reasons_leave_told(d, d->unlisted, "no line in the table", "image without a line in the table was left out",
                              "images without a line in the table were left out", e);
}

bool listing_finish(struct listing *l, const char *what, struct err *e)
{
    const struct import_config *c = l->c;
    if (!import_name_patients(c, l->d, e) || !import_learn(c, l->d, false, e) || !import_warn_patients(c, l->d, e))
        return false;
    return what ? split_take_validation(l->d, c->val, c->seed, what, e) : split_all(l->d, c->val, c->seed, e);
}
