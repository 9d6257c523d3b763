#include "engine/data/import/common/import_facts.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/data/import/common/import_mentions.h"
#include "engine/data/tables/missing.h"

struct spelling {
    const char *word, *means;
};

static void spell(const char *written, const struct spelling *known, size_t n, char out[FACT_SIZE])
{
    while (*written == ' ') written++;
    size_t length = strlen(written);
    while (length && written[length - 1] == ' ') length--;
    if (length >= FACT_SIZE) length = FACT_SIZE - 1;
    snprintf(out, FACT_SIZE, "%.*s", (int)length, written);
    if (missing_word(out, length) != MISSING_NOT) *out = '\0';
    for (size_t i = 0; i < n; i++)
        if (text_same(out, known[i].word)) {
            snprintf(out, FACT_SIZE, "%s", known[i].means);
            return;
        }
}

void fact_sex(const char *written, char out[FACT_SIZE])
{
    static const struct spelling known[] = {
        { "m", "M" }, { "male", "M" }, { "man", "M" }, { "f", "F" }, { "female", "F" }, { "woman", "F" }, { "w", "F" },
    };
    spell(written, known, sizeof known / sizeof known[0], out);
}

void fact_view(const char *written, char out[FACT_SIZE])
{
    static const struct spelling known[] = { { "pa", "PA" }, { "ap", "AP" } };
    spell(written, known, sizeof known / sizeof known[0], out);
    if (import_is_lateral(out)) snprintf(out, FACT_SIZE, "lateral");
}

bool fact_age(const char *written, char out[FACT_SIZE])
{
    static const struct {
        char letter;
        double years;
    } units[] = { { 'Y', 1 }, { 'M', 1 / 12.0 }, { 'W', 1 / 52.18 }, { 'D', 1 / 365.25 } };
    double number, years = 1;
    spell(written, NULL, 0, out);
    size_t n = strlen(out);
    if (!n) return true;
    for (size_t i = 0; n > 1 && i < sizeof units / sizeof units[0]; i++)
        if ((out[n - 1] & ~0x20) == units[i].letter) {
            years = units[i].years;
            out[n - 1] = '\0';
            break;
        }
    bool is_age = text_to_double(out, &number) && number >= 0 && number * years < AGE_MOST + 1;
    *out = '\0';
    /* 12 months are a year, whatever a twelfth is in binary */
    if (is_age) snprintf(out, FACT_SIZE, "%d", (int)(number * years + 1e-9));
    return is_age;
}

bool fact_ages_tell(struct dataset *d, size_t n, const char *first, struct err *e)
{
    return !n || dataset_add_remark(d, e, "%zu %s not from 0 to %d years, such as '%.40s', and %s left out", n,
                                    text_number(n, "age is", "ages are"), AGE_MOST, first, text_number(n, "is", "are"));
}
