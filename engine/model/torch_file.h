/* A file of torch.save (PyTorch 1.6 on): a zip archive with a pickle that names tensors, and a record for each storage.
 *
 * Records are read one at a time, and only those that somebody asks for; what they unpack to is bounded before it is
 * allocated. Without libzip such files are refused by name. */
#ifndef MLVICX_MODEL_TORCH_FILE_H
#define MLVICX_MODEL_TORCH_FILE_H

#include "engine/model/torch_tensors.h"

enum { TORCH_SNIFF = 265 };

/** Whether a file that begins with these n bytes (as many as there are, up to TORCH_SNIFF) is of torch.save in any of
 * its forms. */
bool torch_file_is(const unsigned char *head, size_t n);
/** False with the line of Python that converts it where these bytes begin one of the forms before 1.6. */
bool torch_file_modern(const unsigned char *head, size_t n, const char *path, struct err *e);

struct torch_file;

/** Read the directory and the pickle of an open file, which is theirs from here on, whatever comes of it. */
bool torch_file_take(struct torch_file **out, int fd, const char *path, struct err *e);
void torch_file_close(struct torch_file *f); /* NULL is fine */
/** Its tensors; borrowed. */
const struct torch_tensors *torch_file_tensors(const struct torch_file *f);
/** Fill out [t->count] with the numbers of a tensor in row-major order, as float32. */
bool torch_file_read(struct torch_file *f, const struct torch_tensor *t, float *out, struct err *e);
/** False where the file was cut since it was opened. */
bool torch_file_check(const struct torch_file *f, struct err *e);
/** Version of libzip, NULL: none. */
const char *torch_file_libzip(void);

#endif
