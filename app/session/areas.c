/* A class has an area if both values occur among the labels of the fit and among those of the scored images. */
#include "app/session/areas.h"

#include <math.h>
#include <stdio.h>

enum { NAMES_MOST = 8 }; /* of one reason; the others are counted */

/* "Mass, Hernia (WHY)" for one reason; returns how many classes it has. */
static int add_reason(enum auc_lack reason, const struct auc *classes, const char *const *names, int count,
                      const char *why, const char *before, struct text *out)
{
    int found = 0;
    for (int c = 0; c < count; c++) {
        if (auc_lacks(&classes[c]) != reason) continue;
        if (found++ < NAMES_MOST) text_printf(out, "%s%s", found == 1 ? before : ", ", names[c]);
    }
    if (found > NAMES_MOST) text_printf(out, " and %d more", found - NAMES_MOST);
    if (found) text_printf(out, " (%s)", why);
    return found;
}

void areas_lacking(const struct auc *classes, const char *const *names, int count, const char *scored, struct text *out)
{
    areas_lacking_of(classes, names, count, scored, "not both values among the training labels", out);
}

void areas_lacking_of(const struct auc *classes, const char *const *names, int count, const char *scored,
                      const char *why, struct text *out)
{
    struct text list = { 0 };
    char unscored[64];
    snprintf(unscored, sizeof unscored, "not both values among the %s labels", scored);
    int untaught = add_reason(AUC_UNTAUGHT, classes, names, count, why, "", &list);
    int lacking = untaught + add_reason(AUC_UNSCORED, classes, names, count, unscored, untaught ? " and " : "", &list);
    if (lacking && lacking == count)
        text_printf(out, "no class has an AUC, so there is no mean: %s", text_str(&list));
    else if (lacking)
        text_printf(out, "no AUC for %s; left out of the mean", text_str(&list));
    text_clear(&list);
}

const char *areas_text(double area, int digits, char out[16])
{
    if (isnan(area))
        snprintf(out, 16, "-");
    else
        snprintf(out, 16, "%.*f", digits, area);
    return out;
}
