#include "views/charts/album.h"

#include <stdlib.h>
#include <string.h>

enum { PAGES_MOST = 2 * OVERLAYS_MOST };

/* All on which the look of a picture depends. */
struct key {
    const uint8_t
        *at; /* its pixels, and a hash of them: images of one pack differ in their place, packs in their bytes */
    uint64_t hash;
    int size, channels, pictures, depth;
    bool light, ascii;
    struct picture_size place;
};

struct album_page {
    struct key key;
    uint64_t used; /* album.now of its last use */
    int side;
    uint8_t *rgb;       /* [side, side, 3], owned: in pixels; NULL where the terminal takes none */
    struct cell *cells; /* [rows, columns], owned */
};

static void page_clear(struct album_page *p)
{
    free(p->rgb);
    free(p->cells);
    *p = (struct album_page){ 0 };
}

/* Of all bytes where they are few, else of parts spread over them: a page is drawn with every key. */
static uint64_t hash_of(const uint8_t *pixels, size_t n)
{
    enum { PARTS = 64, PART = 1024 };
    uint64_t hash = 0;
    if (n <= PARTS * PART) return canvas_key(pixels, n);
    for (size_t i = 0; i < PARTS; i++) hash = 31 * hash + canvas_key(pixels + i * (n - PART) / (PARTS - 1), PART);
    return hash;
}

static bool same(const struct key *a, const struct key *b)
{
    return a->at == b->at && a->hash == b->hash && a->size == b->size && a->channels == b->channels &&
           a->pictures == b->pictures && a->depth == b->depth && a->light == b->light && a->ascii == b->ascii &&
           a->place.rows == b->place.rows && a->place.columns == b->place.columns && a->place.fine == b->place.fine;
}

static struct album_page *find(struct album *album, const struct key *key)
{
    for (int i = 0; i < album->count; i++)
        if (album->pages[i].cells && same(&album->pages[i].key, key)) return &album->pages[i];
    return NULL;
}

/* An empty page: a new one, or that used least lately. NULL if memory ran out. */
static struct album_page *empty_page(struct album *album)
{
    struct album_page *page = album->pages;
    if (!page) page = album->pages = calloc(PAGES_MOST, sizeof *album->pages);
    if (!page) return NULL;
    if (album->count < PAGES_MOST) return &album->pages[album->count++];
    for (int i = 1; i < album->count; i++)
        if (album->pages[i].used < page->used) page = &album->pages[i];
    page_clear(page);
    return page;
}

/* Keeps what was drawn; without memory it is drawn again next time. */
static void keep(struct album *album, const struct key *key, const struct area *place, bool pixels)
{
    struct album_page *page = empty_page(album);
    const struct picture *p = &album->picture;
    size_t bytes = (size_t)p->side * (size_t)p->side * 3;
    if (!page) return;
    page->cells = malloc((size_t)place->h * (size_t)place->w * sizeof *page->cells);
    page->rgb = pixels ? malloc(bytes) : NULL;
    if (!page->cells || (pixels && !page->rgb)) {
        page_clear(page);
        return;
    }
    page->key = *key;
    page->used = album->now;
    page->side = p->side;
    if (pixels) memcpy(page->rgb, p->rgb, bytes);
    for (int y = 0; y < place->h; y++)
        memcpy(page->cells + (size_t)y * (size_t)place->w,
               place->canvas->cells + (size_t)(place->y + y) * (size_t)place->canvas->w + (size_t)place->x,
               (size_t)place->w * sizeof *page->cells);
}

static void lay(const struct album_page *page, const struct area *place)
{
    for (int y = 0; y < place->h; y++)
        for (int x = 0; x < place->w; x++) {
            const struct cell *c = &page->cells[(size_t)y * (size_t)place->w + (size_t)x];
            area_put(place, y, x, c->ch, c->style);
        }
    if (page->rgb) area_overlay(place, page->rgb, page->side, page->side, OVERLAY_WAITS);
}

bool album_show(struct album *album, const struct picture_source *s, int rows, const struct area *a,
                const struct theme *t)
{
    const struct canvas *c = a->canvas;
    const struct picture_size size = picture_size_of_many(c, t, rows, s->size);
    struct area place = area_sub(a, 0, 0, size.rows, size.columns);
    bool whole = size.rows > 0 && place.h == size.rows && place.w == size.columns;
    struct key key = { s->pixels,
                       hash_of(s->pixels, (size_t)s->size * (size_t)s->size * (size_t)s->channels),
                       s->size,
                       s->channels,
                       (int)c->pictures,
                       (int)t->depth,
                       t->light,
                       c->ascii,
                       size };
    struct album_page *page = whole ? find(album, &key) : NULL;
    album->now++;
    if (page) {
        page->used = album->now;
        lay(page, &place);
        return true;
    }
    int before = c->overlay_count;
    album->drawn++;
    if (!picture_show(&album->picture, s, rows, a, t)) return false;
    if (whole) keep(album, &key, &place, c->overlay_count > before);
    return true;
}

void album_clear(struct album *album)
{
    for (int i = 0; i < album->count; i++) page_clear(&album->pages[i]);
    free(album->pages);
    picture_clear(&album->picture);
    *album = (struct album){ 0 };
}
