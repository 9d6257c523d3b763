/* Decodes one file from bytes to grey levels: the work of a decoder process. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "engine/data/dicom/dicom_parts.h"

/* Samples of the first frame, in place or in `*owned`; `l` becomes their layout. */
static bool find_samples(const struct dicom_whole *w, const struct dicom_file *f, int frames, struct dicom_layout *l,
                         const uint8_t **samples, uint8_t **owned, struct err *e)
{
    const struct dicom_syntax *s = dicom_syntax_find(dicom_file_syntax(f));
    const uint8_t *bytes;
    uint8_t *stream = NULL;
    size_t n;
    bool compressed = s && s->coding != DICOM_NATIVE;
    if (l->photometric == DICOM_YBR_422 && compressed) l->photometric = DICOM_YBR_FULL; /* decoders double it */
    if (!dicom_frame_find(w, f, l, frames, &bytes, &n, &stream, e)) return free(stream), false;
    l->big_endian = s->big_endian;
    if (!compressed) {
        *samples = bytes;
        return true;
    }
    size_t room = dicom_layout_bytes(l);
    bool ok = (*owned = malloc(room)) != NULL;
    if (!ok)
        err_set(e, ERR_MEMORY, "no memory for %d x %d pixels", l->width, l->height);
    else
        ok = (s->coding == DICOM_RLE ? dicom_rle(bytes, n, l, *owned)
                                     : dicom_decode_stream(s->uid, bytes, n, l, *owned, room)) ||
             err_set(e, ERR_FORMAT, "damaged: its %s stream cannot be decoded", s->name);
    free(stream);
    *samples = *owned;
    return ok;
}

static bool decode_pixels(const struct dicom_whole *w, const struct dicom_file *f, const struct dicom_request *q,
                          int frames, struct dicom_picture *p, struct err *e)
{
    struct dicom_layout l;
    struct dicom_display d = { 0 };
    const uint8_t *samples;
    uint8_t *owned = NULL;
    bool ok = dicom_header_layout(f, &l, e) && dicom_header_display(f, &l, &d, e) &&
              find_samples(w, f, frames, &l, &samples, &owned, e);
    if (ok) {
        *p = (struct dicom_picture){ l.width, l.height, dicom_layout_channels(&l), NULL };
        p->pixels = malloc((size_t)l.width * (size_t)l.height * (size_t)p->channels);
        ok = p->pixels ? dicom_levels(&l, &d, &q->window, samples, p->pixels, e) : err_set(e, ERR_MEMORY, "no memory");
    }
    free(owned);
    dicom_display_clear(&d);
    if (ok) return true;
    free(p->pixels);
    *p = (struct dicom_picture){ 0 };
    return false;
}

bool dicom_decode(const uint8_t *bytes, size_t n, const struct dicom_request *q, struct dicom_facts *facts,
                  struct dicom_picture *p, struct err *e)
{
    struct dicom_whole w;
    struct dicom_file *f = NULL;
    *facts = (struct dicom_facts){ 0 };
    *p = (struct dicom_picture){ 0 };
    bool ok = dicom_whole_init(&w, bytes, n, e);
    if (ok && !(f = dicom_file_open(w.bytes, w.n, dicom_header_tags, dicom_header_tag_count)))
        ok = err_set(e, ERR_FORMAT, "damaged, or no DICOM file: its header cannot be read");
    if (ok) dicom_header_facts(f, w.object, q->path, facts);
    ok = ok && (q->any_modality || !q->pixels || dicom_check_radiograph(facts, e)) &&
         (!q->pixels || decode_pixels(&w, f, q, facts->frames, p, e));
    dicom_file_close(f);
    dicom_whole_clear(&w);
    return ok;
}
