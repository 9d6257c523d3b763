/* What `data check` tells, as JSON and as lines. */
#include <math.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/commands/data/data_check.h"
#include "app/commands/data/data_reasons.h"
#include "engine/base/text.h"

enum { TOLD = 20, NAMED = 5 };

/* How many steps of brightness a pixel has, in bits. */
static double bits_of(int levels)
{
    return levels > 1 ? log2(levels) : 0;
}

static json_t *levels_json(const struct check *k)
{
    json_t *inverted = json_array();
    for (uint32_t i = 0; inverted && i < k->d->count; i++)
        if (k->inverted[i]) json_array_append_new(inverted, json_text(k->d->images[i].path));
    return json_pack("{s:I, s:I, s:f, s:f, s:f, s:I, s:o}", "images", (json_int_t)k->grey.images, "median",
                     (json_int_t)grey_median(&k->grey), "black", grey_share(&k->grey, 0), "white",
                     grey_share(&k->grey, 255), "bits", bits_of(grey_used(&k->grey)), "few_levels",
                     (json_int_t)k->grey.few, "inverted", inverted);
}

json_t *data_check_json(const struct check *k)
{
    const struct dataset *d = k->d;
    json_t *remarks = json_array(), *classes = json_array(), *unreadable = json_array();
    for (uint32_t i = 0; remarks && i < d->remark_count; i++) json_array_append_new(remarks, json_text(d->remarks[i]));
    for (uint32_t c = 0; classes && c < d->classes; c++) {
        json_int_t n = 0;
        for (uint32_t i = 0; i < d->count; i++) n += d->labels[(size_t)i * d->classes + c] == 1;
        json_array_append_new(classes, json_pack("{s:o, s:I}", "name", json_text(d->class_names[c]), "positives", n));
    }
    for (uint32_t i = 0; unreadable && i < d->unreadable_count; i++)
        json_array_append_new(unreadable, json_pack("{s:o, s:o}", "path", json_text(d->unreadable[i].path), "reason",
                                                    json_text(d->unreadable[i].reason)));
    json_t *splits = json_object();
    for (int s = SPLIT_NONE; splits && s < SPLIT_COUNT; s++)
        json_object_set_new(splits, dataset_split_names[s],
                            json_integer(dataset_split_images(d, (enum dataset_split)s, NULL)));
    json_t *people = k->features ? data_people_json(&k->people, d) : json_null();
    return json_pack("{s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, "
                     "s:I, s:o, s:o}",
                     "kind", json_text(d->kind), "people", people, "images", (json_int_t)d->count, "channels",
                     (json_int_t)d->channels, "splits", splits, "classes", classes, "unreadable", unreadable, "absent",
                     (json_int_t)d->absent, "unlisted", (json_int_t)d->unlisted, "patients", (json_int_t)d->patients,
                     "shared_patients", (json_int_t)d->shared_patients, "copies", data_copies_json(&k->copies),
                     "near_copies", data_copies_json(&k->near), "levels", levels_json(k), "remarks", remarks, "against",
                     k->against ? json_text(k->against) : json_null(), "shared", (json_int_t)k->shared, "shared_test",
                     (json_int_t)k->shared_test, "near_shared", (json_int_t)k->near_shared, "near_shared_test",
                     (json_int_t)k->near_shared_test, "left_out", data_left_out_json(d), "unreadable_reasons",
                     data_unreadable_json(d));
}

static void print_classes(const struct dataset *d)
{
    for (uint32_t c = 0; c < d->classes; c++) {
        size_t present = 0, unknown = 0;
        for (uint32_t i = 0; i < d->count; i++) {
            int8_t v = d->labels[(size_t)i * d->classes + c];
            present += v == 1;
            unknown += v == LABEL_MISSING;
        }
        app_print("class       %s: %zu present", d->class_names[c], present);
        if (unknown) app_print(", %zu unknown", unknown);
        app_print("\n");
    }
}

static void print_levels(const struct check *k)
{
    const struct grey_levels *g = &k->grey;
    uint32_t named = 0;
    app_print("levels      median %d, %.1f %% black, %.1f %% white, %.1f bits used (%u %s)\n", grey_median(g),
              100 * grey_share(g, 0), 100 * grey_share(g, 255), bits_of(grey_used(g)), g->images,
              text_number(g->images, "image", "images"));
    if (g->few)
        app_print("remark      %u of %u sampled images %s fewer than %d levels\n", g->few, g->images,
                  text_number(g->few, "has", "have"), GREY_FEW);
    if (!k->inverted_count) return;
    app_print("remark      WARNING: %u %s inverted against the rest\n", k->inverted_count,
              text_number(k->inverted_count, "image looks", "images look"));
    for (uint32_t i = 0; i < k->d->count && named < NAMED; i++)
        if (k->inverted[i]) {
            app_print("remark        %s\n", k->d->images[i].path);
            named++;
        }
    if (k->inverted_count > named)
        app_print("remark        and %u more; all of them: --json\n", k->inverted_count - named);
}

void data_check_print(const struct check *k)
{
    const struct dataset *d = k->d;
    struct text line = { 0 }, warnings = { 0 };
    app_print("would take  %u %s, %s\n", d->count, text_number(d->count, "image", "images"),
              d->channels == 1 ? "grey" : "colour");
    app_print("splits      %u train, %u val, %u test, %u in none\n", dataset_split_images(d, SPLIT_TRAIN, NULL),
              dataset_split_images(d, SPLIT_VAL, NULL), dataset_split_images(d, SPLIT_TEST, NULL),
              dataset_split_images(d, SPLIT_NONE, NULL));
    app_print("patients    %u, %u of them in more than one split\n", d->patients, d->shared_patients);
    data_copies_line(&k->copies, &line);
    app_print("copies      %s\n", text_str(&line));
    text_clear(&line);
    data_copies_line(&k->near, &line);
    app_print("near        %s%s\n", text_str(&line),
              k->near.cut ? " (so many look alike that not all were compared)" : "");
    print_levels(k);
    if (k->features) data_people_print(&k->people, d);
    if (k->against)
        app_print("shared      %zu %s in %s, %zu of them in test%s%s\n", k->shared,
                  text_number(k->shared, "image is", "images are"), k->against, k->shared_test,
                  k->shared ? "; the first: " : "", k->shared ? d->images[k->first].path : "");
    if (k->against)
        app_print("            %zu more %s nearly the same, %zu of them in test\n", k->near_shared,
                  text_number(k->near_shared, "is", "are"), k->near_shared_test);
    print_classes(d);
    for (uint32_t i = 0; i < d->unreadable_count && i < TOLD; i++)
        app_print("skipped     %s: %s\n", d->unreadable[i].path, d->unreadable[i].reason);
    if (d->unreadable_count > TOLD) app_print("skipped     %u more\n", d->unreadable_count - TOLD);
    if (d->unreadable_count) {
        text_clear(&line);
        data_unreadable_line(d, &line);
        app_print("unreadable  %s\n", text_str(&line));
    }
    for (uint32_t i = 0; i < d->remark_count; i++) app_print("remark      %s\n", d->remarks[i]);
    data_copies_warn(&k->copies, NULL, &warnings);
    data_copies_warn(&k->near, NULL, &warnings);
    for (char *rest = warnings.data, *next; (next = strsep(&rest, "\n"));)
        if (*next) app_print("remark      %s\n", next);
    text_clear(&line);
    text_clear(&warnings);
}
