/* Images: browses a data set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views/screens/image_look.h"
#include "views/screens/images.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"
#include "views/workbench/preferences.h"

/* ---- reading ------------------------------------------------------------------------------------------------ */

static void drop_set(struct images *v)
{
    image_heat_drop(&v->heat);
    image_set_close(&v->set);
    if (v->counted) store_counts_clear(&v->counts);
    v->counted = false;
    v->drawn = -1;
    v->chosen = v->top = 0;
}

static void open_set(struct workbench *wb, struct images *v, const char *name)
{
    struct err e;
    drop_set(v);
    snprintf(v->name, sizeof v->name, "%s", name);
    if (!image_set_open(&v->set, wb->store, name, STORE_PART_ALL, &e) ||
        (*v->filter.text && !image_set_filter(&v->set, v->filter.text, &e)))
        message_fail(wb, &e);
}

/* The data set that was shown last, else the shown run's, else the first. */
static void read_sets(struct workbench *wb, struct images *v)
{
    struct err e;
    const char *names[2] = { preference_get(wb, "images.set", ""),
                             wb->selection.run ? wb->selection.summary.run.dataset : "" };
    char wanted[STORE_NAME] = "";
    v->stale = false;
    store_datasets_clear(&v->sets);
    if (!store_dataset_list(wb->store, &v->sets, &e)) {
        message_fail(wb, &e);
        return;
    }
    if (*v->name) names[0] = v->name;
    for (int k = 0; k < 2 && !*wanted; k++)
        for (size_t i = 0; i < v->sets.count; i++)
            if (!strcmp(v->sets.rows[i].name, names[k])) snprintf(wanted, sizeof wanted, "%s", names[k]);
    if (!*wanted && v->sets.count) snprintf(wanted, sizeof wanted, "%s", v->sets.rows[0].name);
    if (*v->name && strcmp(wanted, v->name)) {
        message_say(wb, "data set %s was removed%s%s", v->name, *wanted ? "; this is " : "", wanted);
        *v->name = '\0';
    }
    if (!*wanted)
        drop_set(v);
    else if (!image_set_holds(&v->set, wb->store, wanted))
        open_set(wb, v, wanted);
}

/* The two views of the selected image, as drawn in training. */
static void make_views(struct workbench *wb, struct images *v)
{
    uint32_t image;
    const uint8_t *pixels = images_chosen(v, &image);
    struct settings s;
    struct augment_scratch scratch = { 0 };
    if (!pixels || (v->drawn == image && v->drawn_epoch == v->epoch)) return;
    v->own = wb->selection.settings_known && !strcmp(wb->selection.settings.data.name, v->name);
    settings_init(&s);
    if (v->own) s = wb->selection.settings;
    int size = pack_size(v->set.pack), channels = pack_channels(v->set.pack), side = (int)s.data.size;
    v->drawn = -1;
    if (side < 1 || !augment_scratch_init(&scratch, size, channels, side, NULL)) return;
    bool ok = true;
    for (int k = 0; k < 2; k++) {
        struct augment a;
        uint8_t *room = realloc(v->pixels[k], (size_t)side * (size_t)side * (size_t)channels);
        if (room) v->pixels[k] = room;
        ok = ok && room;
        if (!ok) break;
        augment_from_settings(&s, k, &a);
        augment_choose(&a, &(struct augment_draw){ (uint64_t)s.train.seed, (uint32_t)v->epoch, image, k }, size, size,
                       &v->choice[k]);
        augment_apply(&v->choice[k], &(struct augment_image){ pixels, size, channels }, v->pixels[k], &scratch);
    }
    augment_scratch_clear(&scratch);
    if (!ok) return;
    v->side = side;
    v->view_channels = channels;
    v->drawn = image;
    v->drawn_epoch = v->epoch;
}

static bool images_open(struct workbench *wb, void *state, struct err *e)
{
    struct images *v = state;
    (void)e;
    v->drawn = -1;
    v->marks = true;
    v->look = PICTURE_WHOLE;
    v->rows = (int)preference_get_int(wb, "images.rows", 0);
    return true;
}

static void images_close(struct workbench *wb, void *state)
{
    struct images *v = state;
    (void)wb;
    drop_set(v);
    store_datasets_clear(&v->sets);
    album_clear(&v->thumbs);
    picture_clear(&v->large);
    for (int k = 0; k < 2; k++) picture_clear(&v->view[k]), free(v->pixels[k]);
}

/* Shows the image that another screen has chosen; the filter goes if it would hide it. */
static void go_to_image(struct workbench *wb, struct images *v)
{
    char name[STORE_NAME];
    struct err e;
    snprintf(name, sizeof name, "%s", wb->image.set);
    *wb->image.set = '\0';
    if (!image_set_holds(&v->set, wb->store, name)) *v->filter.text = '\0', open_set(wb, v, name);
    int at = image_set_find(&v->set, wb->image.index);
    if (at < 0 && *v->filter.text) {
        *v->filter.text = '\0';
        if (!image_set_filter(&v->set, "", &e)) message_fail(wb, &e);
        at = image_set_find(&v->set, wb->image.index);
    }
    if (at < 0) return;
    v->chosen = at;
    v->page = PAGE_ONE;
}

static bool images_read(struct workbench *wb, void *state, unsigned news)
{
    struct images *v = state;
    struct err e;
    v->stale |= (news & (NEWS_OPEN | NEWS_DATA)) != 0;
    if (v->stale && !dialog_open(wb)) read_sets(wb, v); /* a menu of them may be open */
    if (*wb->image.set && !dialog_open(wb)) go_to_image(wb, v);
    if (news & NEWS_RUN) v->drawn = -1, image_heat_drop(&v->heat);
    if (v->wanted && !v->counted && v->set.data.dataset.id) {
        v->counted = store_dataset_counts(wb->store, v->set.data.dataset.id, &v->counts, &e);
        if (!v->counted) message_fail(wb, &e);
    }
    v->wanted = false;
    make_views(wb, v);
    return true;
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static unsigned move(struct images *v, int by, int lines)
{
    if (v->page >= PAGE_LABELS) {
        int most = v->page == PAGE_LABELS ? (int)v->counts.classes - 1 : (int)v->set.data.unreadable_count - 1;
        v->top += lines ? lines : by;
        if (v->top > most) v->top = most;
        if (v->top < 0) v->top = 0;
        return AFTER_DRAW;
    }
    int across = v->page == PAGE_GRID && v->across > 0 ? v->across : 1;
    int to = v->chosen + by + lines * across;
    if (to >= 0 && to < v->set.count)
        v->chosen = to;
    else if (lines && to < 0)
        v->chosen = v->chosen % across;
    else if (to >= v->set.count && v->set.count)
        v->chosen = v->set.count - 1;
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_move(struct workbench *wb, void *state, int key)
{
    struct images *v = state;
    int down = (key == KEYS_DOWN) - (key == KEYS_UP), right = (key == KEYS_RIGHT) - (key == KEYS_LEFT);
    if (v->page == PAGE_ONE && image_look_zoomed(&v->look) && (down || right)) {
        image_look_pan(&v->look, down, right);
        return AFTER_DRAW;
    }
    int page = v->page == PAGE_ONE ? 10 : v->down;
    (void)wb;
    if (key == KEYS_LEFT || key == KEYS_RIGHT) return move(v, key == KEYS_LEFT ? -1 : 1, 0);
    if (key == KEYS_HOME || key == KEYS_END) return move(v, keys_walk(key, 0, 0, v->set.count) - v->chosen, 0);
    return move(v, 0, keys_walk(key, 0, page, 0));
}

static unsigned on_page(struct workbench *wb, void *state, int page)
{
    struct images *v = state;
    (void)wb;
    v->page = (int)v->page == page ? PAGE_GRID : (enum page)page;
    v->look.y = v->look.x = 0, v->look.side = 1; /* the zoom was for one image, the brightness is for all */
    v->top = 0;
    v->wanted = v->page == PAGE_LABELS;
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_again(struct workbench *wb, void *state, int argument)
{
    struct images *v = state;
    (void)wb, (void)argument;
    v->epoch++;
    v->page = PAGE_ONE;
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_marks(struct workbench *wb, void *state, int argument)
{
    struct images *v = state;
    (void)argument;
    v->marks = !v->marks;
    message_say(wb, "boxes and outlines are %s", v->marks ? "shown" : "hidden");
    return AFTER_DRAW;
}

/* The first row drops the heatmap. */
static unsigned heat_chosen(struct workbench *wb, void *ctx, int row)
{
    struct images *v = ctx;
    uint32_t image;
    image_heat_drop(&v->heat);
    if (row > 0 && (size_t)row <= v->set.data.classes_count && images_chosen(v, &image))
        image_heat_ask(&v->heat, wb, &v->set, image, v->set.data.classes[row - 1]);
    v->page = PAGE_ONE;
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_heat(struct workbench *wb, void *state, int argument)
{
    struct images *v = state;
    (void)argument;
    if (v->set.pack) image_heat_choose(wb, &v->set, heat_chosen, v);
    return AFTER_DRAW;
}

enum { LOOK_LEVEL, LOOK_WINDOW, LOOK_RESET };
/* What `(`, `)`, `,`, `.` and `r` do, by twice the kind, and 1 for more. */
static unsigned on_look(struct workbench *wb, void *state, int how)
{
    struct images *v = state;
    if (v->page != PAGE_ONE) {
        message_say(wb, "enter shows the chosen image large; then brightness and contrast can be changed");
        return AFTER_DRAW;
    }
    int by = how % 2 ? 1 : -1;
    if (how / 2 == LOOK_RESET)
        v->look = PICTURE_WHOLE;
    else
        (how / 2 == LOOK_LEVEL ? image_look_level : image_look_window)(&v->look, by);
    return AFTER_DRAW;
}

static unsigned on_zoom(struct workbench *wb, void *state, int by)
{
    struct images *v = state;
    if (v->page == PAGE_ONE) {
        image_look_zoom(&v->look, by);
        return AFTER_DRAW;
    }
    int rows = (v->rows ? v->rows : v->cell_h - 1) + by;
    v->rows = rows < 3 ? 3 : rows > 40 ? 40 : rows;
    v->top = 0;
    preference_set_int(wb, "images.rows", v->rows);
    return AFTER_DRAW;
}

static void filtered(struct workbench *wb, void *ctx)
{
    struct images *v = ctx;
    struct err e;
    v->chosen = v->top = 0;
    if (!image_set_filter(&v->set, v->filter.text, &e)) message_fail(wb, &e);
}

static unsigned on_filter(struct workbench *wb, void *state, int argument)
{
    struct images *v = state;
    (void)argument;
    if (!v->set.data.dataset.id) return AFTER_DRAW;
    v->filter.set = &v->set;
    v->filter.changed = filtered;
    v->filter.ctx = v;
    image_filter_ask(&v->filter, wb);
    return AFTER_DRAW;
}

static unsigned set_chosen(struct workbench *wb, void *ctx, int row)
{
    struct images *v = ctx;
    if (row < 0 || (size_t)row >= v->sets.count) return AFTER_DRAW;
    *v->filter.text = '\0';
    open_set(wb, v, v->sets.rows[row].name);
    preference_set(wb, "images.set", v->name);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_set(struct workbench *wb, void *state, int argument)
{
    struct images *v = state;
    int at = 0;
    (void)argument;
    const char **names;
    read_sets(wb, v);
    names = calloc(v->sets.count + 1, sizeof *names);
    for (size_t i = 0; names && i < v->sets.count; i++) {
        names[i] = v->sets.rows[i].name;
        if (!strcmp(names[i], v->name)) at = (int)i;
    }
    if (names) dialog_choose(wb, "Data set", names, at, set_chosen, v);
    free(names);
    return AFTER_DRAW;
}

static unsigned images_click(struct workbench *wb, void *state, int y, int x)
{
    struct images *v = state;
    (void)wb;
    if (v->page != PAGE_GRID || v->cell_h < 1 || y < 1) return AFTER_DRAW;
    int at = (v->top + (y - 1) / v->cell_h) * v->across + x / v->cell_w;
    if (x / v->cell_w < v->across && at < v->set.count) {
        if (at == v->chosen) v->page = PAGE_ONE;
        v->chosen = at;
    }
    return AFTER_DRAW | AFTER_READ;
}

/* Escape leaves what is shown in place of the grid; then it goes back. */
static unsigned images_key(struct workbench *wb, void *state, int key)
{
    struct images *v = state;
    return key == KEYS_ESCAPE && v->page != PAGE_GRID ? on_page(wb, state, (int)v->page) : AFTER_UNUSED;
}

static unsigned images_wheel(struct workbench *wb, void *state, int by)
{
    (void)wb;
    return move(state, 0, by);
}

static const struct key_bind keys[] = {
    { KEYS_ENTER, 0, "open", "large", "the chosen image large, with its two augmented views; again: the grid", on_page,
      0, PAGE_ONE },
    { '/', 0, "filter", "filter",
      "which images: CLASS, -CLASS, split:test, patient:12, a part of the path (Tab completes)", on_filter, 0, 0 },
    { 'd', 0, "data-set", "data set", "choose the data set", on_set, 0, 0 },
    { 'a', 0, "draw-again", "draw again", "the two views as another epoch draws them", on_again, 0, 0 },
    { 't', 0, "labels", "labels", "how often each class occurs, and which occur together", on_page, 0, PAGE_LABELS },
    { 'u', 0, "unreadable", NULL, "files that could not be read, and why", on_page, 0, PAGE_UNREADABLE },
    { 'm', 0, "heat", "heat",
      "where in the image the shown run's score of a class comes from: of its classifier, or of a probe that is fitted",
      on_heat, NEEDS_RUN, 0 },
    { 'b', 0, "boxes", "boxes", "show or hide boxes and outlines", on_marks, 0, 0 },
    { '+', '=', "larger", NULL, "larger thumbnails; of one image: closer, and then arrows move what is seen", on_zoom,
      0, 2 },
    { '-', 0, "smaller", NULL, "smaller thumbnails; of one image: back", on_zoom, 0, -2 },
    { ')', 0, "brighter", NULL, "one image brighter: the window of grey levels lower", on_look, 0, 2 * LOOK_LEVEL + 1 },
    { '(', 0, "darker", NULL, "one image darker", on_look, 0, 2 * LOOK_LEVEL },
    { '.', 0, "contrast", NULL, "more contrast: a narrower window of grey levels", on_look, 0, 2 * LOOK_WINDOW + 1 },
    { ',', 0, "less-contrast", NULL, "less contrast", on_look, 0, 2 * LOOK_WINDOW },
    { 'r', 0, "as-it-is", NULL, "the whole image with its own grey levels", on_look, 0, 2 * LOOK_RESET },
    { KEYS_LEFT, 'h', "left", NULL, "the image before", on_move, 0, KEYS_LEFT },
    { KEYS_RIGHT, 'l', "right", NULL, "the next image", on_move, 0, KEYS_RIGHT },
    { KEYS_UP, 'k', "up", NULL, "a row up", on_move, 0, KEYS_UP },
    { KEYS_DOWN, 'j', "down", NULL, "a row down", on_move, 0, KEYS_DOWN },
    { KEYS_PAGE_UP, 0, "page-up", NULL, "a page up", on_move, 0, KEYS_PAGE_UP },
    { KEYS_PAGE_DOWN, 0, "page-down", NULL, "a page down", on_move, 0, KEYS_PAGE_DOWN },
    { KEYS_HOME, 'g', "top", NULL, "the first image", on_move, 0, KEYS_HOME },
    { KEYS_END, 'G', "end", NULL, "the last image", on_move, 0, KEYS_END },
    { 0 },
};

/* Of one image. */
static const struct key_bind one_keys[] = {
    { KEYS_ESCAPE, 0, "grid", "grid", "all images", NULL, 0, 0 },
    { KEYS_RIGHT, 0, "right", "next", "", NULL, 0, 0 },
    { '+', 0, "larger", "zoom", "", NULL, 0, 0 },
    { ')', 0, "brighter", "brighter", "", NULL, 0, 0 },
    { '.', 0, "contrast", "contrast", "", NULL, 0, 0 },
    { 'a', 0, "draw-again", "draw again", "", NULL, 0, 0 },
    { 'b', 0, "boxes", "boxes", "", NULL, 0, 0 },
    { 0 },
};

/* Of a part of one image. */
static const struct key_bind zoomed_keys[] = {
    { KEYS_ESCAPE, 0, "grid", "grid", "all images", NULL, 0, 0 },
    { KEYS_UP, 0, "up", "move", "", NULL, 0, 0 },
    { '+', 0, "larger", "closer", "", NULL, 0, 0 },
    { 'r', 0, "as-it-is", "whole", "", NULL, 0, 0 },
    { ')', 0, "brighter", "brighter", "", NULL, 0, 0 },
    { '.', 0, "contrast", "contrast", "", NULL, 0, 0 },
    { 0 },
};

static const struct key_bind *images_bar(struct workbench *wb, void *state)
{
    const struct images *v = state;
    (void)wb;
    return v->page != PAGE_ONE ? NULL : image_look_zoomed(&v->look) ? zoomed_keys : one_keys;
}

const struct screen screen_images = {
    .name = "images",
    .title = "Images",
    .brief = "Img",
    .digit = '8',
    .about =
        "The images of a data set as they lie in its pack. Enter shows one large, with boxes (a letter in their "
        "corner) "
        "and outlines of masks, and the two views that training makes of it: with the settings of the shown run where "
        "it learns from this data set, else with those of the preset small. Pictures are as fine as the terminal "
        "says that it can show them (--graphics). + zooms, ( ) and , . change brightness and contrast. m lays the "
        "heatmap of a class over it (Grad-CAM), "
        "x where it is hottest.",
    .keys = keys,
    .size = sizeof(struct images),
    .open = images_open,
    .close = images_close,
    .read = images_read,
    .draw = images_draw,
    .bar = images_bar,
    .key = images_key,
    .click = images_click,
    .wheel = images_wheel,
};
