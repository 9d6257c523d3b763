#include "views/screens/importing.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "store/dataset.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/frame.h"
#include "views/workbench/jobs.h"
#include "views/workbench/message.h"
#include "views/workbench/workbench.h"

static const struct {
    const char *kind, *line;
    bool path;
} kinds[] = {
    { NULL, "guess    what lies there tells what it is: NIH, VinBig, RSNA, SIIM, CheXpert, MIMIC, PadChest, ...",
      true },
    { "folder", "folder   CLASS/*.png below a folder, with or without train, val, test", true },
    { "masks", "masks    images/*.png and masks/NAME/*.png below a folder, or X.png and X_mask.png", true },
    { "csv", "csv      a table that names image files, with labels", true },
    { "nih", "nih      the folder of NIH ChestX-ray14", true },
    { "vinbig", "vinbig   the folder of VinBig-CXR, with train.csv", true },
    { "rsna", "rsna     the folder of RSNA Pneumonia, with stage_2_train_labels.csv", true },
    { "siim", "siim     the folder of SIIM-ACR Pneumothorax, with train-rle.csv", true },
    { "chexpert", "chexpert the folder of CheXpert, with train.csv and valid.csv", true },
    { "mimic", "mimic    the folder of MIMIC-CXR-JPG, with its tables", true },
    { "padchest", "padchest the folder of PadChest, with its table", true },
    { "phantom", "phantom  drawn chest X-rays of patients that never were; nothing is needed", false },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- paths ----------------------------------------------------------------------------------------------- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void expand_home(const char *text, char *out, size_t size)
{
    const char *home = getenv("HOME");
    bool tilde = text[0] == '~' && (text[1] == '/' || !text[1]) && home;
    snprintf(out, size, "%s%s", tilde ? home : "", tilde ? text + 1 : text);
}

const char *importing_path(const char *text, int wanted)
{
    static char line[2 * STORE_PATH + 1];
    char path[STORE_PATH], folder[STORE_PATH], full[2 * STORE_PATH];
    struct dirent **names = NULL;
    expand_home(text, path, sizeof path);
    const char *slash = strrchr(path, '/'), *part = slash ? slash + 1 : path;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 0, path);
    int n = scandir(*folder ? folder : ".", &names, NULL, by_name);
    const char *found = NULL;
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        bool fits = !strncmp(name, part, strlen(part)) && (*name != '.' || *part == '.') && strcmp(name, ".") &&
                    strcmp(name, "..");
        if (fits && !found && wanted-- == 0) {
            snprintf(full, sizeof full, "%s%s", folder, name);
            snprintf(line, sizeof line, "%s%s", full, file_is_directory(full) ? "/" : "");
            found = line;
        }
        free(names[i]);
    }
    free(names);
    return found;
}

static const char *complete(struct workbench *wb, void *ctx, const char *text, int i)
{
    (void)wb, (void)ctx;
    return importing_path(text, i);
}

static bool check_path(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size)
{
    char path[STORE_PATH];
    (void)wb, (void)ctx;
    expand_home(text, path, sizeof path);
    if (file_exists(path) || file_is_directory(path)) return true;
    snprintf(remark, size, "%s", *text ? "there is nothing (Tab completes)" : "Tab completes");
    return false;
}

/* ---- questions ------------------------------------------------------------------------------------------- */

static unsigned named(struct workbench *wb, void *ctx, const char *text)
{
    struct importing *in = ctx;
    char title[96];
    const char *argv[8] = { "data", "import" };
    int n = 2;
    struct err e;
    if (!store_name_check("data set", text, &e)) return message_fail(wb, &e), AFTER_DRAW;
    if (kinds[in->kind].kind) argv[n++] = kinds[in->kind].kind;
    if (kinds[in->kind].path) argv[n++] = in->path;
    argv[n++] = "--name";
    argv[n++] = text;
    snprintf(title, sizeof title, "import %.64s", text);
    job_start(wb, title, argv, NULL, NULL);
    return AFTER_DRAW;
}

/* A name from the last part of a path. */
static void propose(const char *path, char *out, size_t size)
{
    char copy[STORE_PATH];
    size_t n = (size_t)snprintf(copy, sizeof copy, "%s", path), k = 0;
    while (n > 0 && copy[n - 1] == '/') copy[--n] = '\0';
    const char *part = strrchr(copy, '/') ? strrchr(copy, '/') + 1 : copy;
    for (; *part && *part != '.' && k + 1 < size && k < 60; part++)
        out[k++] = (char)(isalnum((unsigned char)*part) || *part == '-' ? tolower((unsigned char)*part) : '_');
    out[k] = '\0';
}

static bool check_name(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size)
{
    struct store_dataset row;
    struct err e;
    (void)ctx;
    if (!store_name_check("data set", text, &e)) return snprintf(remark, size, "%s", e.msg), false;
    if (!store_dataset_find(wb->store, text, &row, NULL)) return true;
    store_dataset_clear(&row);
    snprintf(remark, size, "the name is taken");
    return false;
}

static void ask_name(struct workbench *wb, struct importing *in, const char *proposal)
{
    dialog_ask(
        wb,
        &(struct dialog_question){
            .label = "name of the data set: ", .initial = proposal, .done = named, .check = check_name, .ctx = in });
}

/* ---- what an import would find --------------------------------------------------------------------------- */

static unsigned name_it(struct workbench *wb, void *ctx)
{
    struct importing *in = ctx;
    char name[STORE_NAME];
    propose(in->path, name, sizeof name);
    ask_name(wb, in, name);
    return AFTER_DRAW;
}

static void checked(struct workbench *wb, void *ctx, int status, const char *output)
{
    struct importing *in = ctx;
    in->checking = false;
    if (status != 0) return; /* its error is shown */
    if (dialog_open(wb)) {
        message_say(wb, "%s was looked at; to read what was found, import it again", in->path);
        return;
    }
    dialog_page_then(wb, "an import would find", output, name_it, in);
}

static unsigned way_chosen(struct workbench *wb, void *ctx, int row)
{
    struct importing *in = ctx;
    const char *argv[5] = { "data", "check" };
    int n = 2;
    if (row) return name_it(wb, in);
    if (kinds[in->kind].kind) argv[n++] = kinds[in->kind].kind;
    argv[n++] = in->path;
    if (job_start(wb, "look at the images", argv, checked, in)) {
        in->checking = true;
        message_say(wb, "looking at %s; what is found will be shown here", in->path);
    }
    return AFTER_DRAW;
}

static unsigned placed(struct workbench *wb, void *ctx, const char *text)
{
    static const char *const rows[] = { "look at it first: what an import would take, leave out and find",
                                        "import it at once", NULL };
    struct importing *in = ctx;
    expand_home(text, in->path, sizeof in->path);
    dialog_choose(wb, "import", rows, 0, way_chosen, in);
    return AFTER_DRAW;
}

static unsigned chosen(struct workbench *wb, void *ctx, int row)
{
    struct importing *in = ctx;
    in->kind = row;
    if (!kinds[row].path)
        ask_name(wb, in, "phantom");
    else
        dialog_ask(wb, &(struct dialog_question){
                           .label = kinds[row].kind && !strcmp(kinds[row].kind, "csv") ? "table: " : "folder: ",
                           .history = "import",
                           .done = placed,
                           .complete = complete,
                           .check = check_path,
                           .ctx = in });
    return AFTER_DRAW;
}

unsigned importing_ask(struct workbench *wb, struct importing *in)
{
    const char *rows[KINDS + 1];
    if (in->checking) {
        message_say(wb, "still looking at %s; what is found will be shown here", in->path);
        return AFTER_DRAW;
    }
    for (int i = 0; i < KINDS; i++) rows[i] = kinds[i].line;
    rows[KINDS] = NULL;
    dialog_choose(wb, "import", rows, 0, chosen, in);
    return AFTER_DRAW;
}
