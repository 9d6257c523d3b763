/* What a setting is when no one says it: by its preset, by the recipe in that, by its method. Private to settings.c. */
#ifndef MLVICX_BASE_SETTINGS_DEFAULTS_H
#define MLVICX_BASE_SETTINGS_DEFAULTS_H

#include "engine/base/settings.h"

/** Lists end with a NULL key. */
struct assignment {
    const char *key, *value;
};

/** Words of data.augment.recipe, NULL-terminated; names of presets likewise. */
extern const char *const settings_recipe_names[], *const settings_preset_names[];

extern const struct assignment *const settings_recipe_lists[], *const settings_preset_lists[];
/** What is another default with a method (engine/base/methods.h); on top of that, with a frozen encoder. */
extern const struct assignment *const settings_method_lists[METHOD_COUNT], settings_frozen_list[];

/** What a list says of a key, recipes in it included; `otherwise` where nothing. */
const char *settings_said(const struct assignment *a, const char *key, const char *otherwise);

#endif
