/* The methods that there are: what a run learns from. One line each, which settings and engine expand.
 *
 * X(name, defaults): `name` is the word of method.name and of its table method_NAME in engine/train/methods/;
 * `defaults` is a list in settings.c, of keys whose default is another with this method. */
#ifndef MLVICX_BASE_METHODS_H
#define MLVICX_BASE_METHODS_H

#define METHODS(X)                                                                                                     \
    X(mlvicx, defaults_none)                                                                                           \
    X(vicreg, defaults_encoder_alone)                                                                                  \
    X(barlow, defaults_encoder_alone)                                                                                  \
    X(simclr, defaults_simclr)                                                                                         \
    X(byol, defaults_byol)                                                                                             \
    X(simsiam, defaults_encoder_alone)                                                                                 \
    X(lejepa, defaults_encoder_alone)                                                                                  \
    X(supervised, defaults_supervised)

#define METHOD_ENUM(name, defaults) METHOD_##name,
enum method_kind { METHODS(METHOD_ENUM) METHOD_COUNT };
#undef METHOD_ENUM

#endif
