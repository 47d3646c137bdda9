/* SPDX-License-Identifier: MIT */
#include "tour.h"

#include "words.h"

static const char cities[] = TOUR_KEY("cities");

static const char *const keys[] = {cities, NULL};

static void places(tour *t)
{
    redisc *r = t->redis;
    const redisc_geo_member_list fjords = REDISC_LIST(
        geo_member, {5.32, 60.39, REDISC_STR("Bergen")}, {5.73, 58.97, REDISC_STR("Stavanger")},
        {10.40, 63.43, REDISC_STR("Trondheim")});
    const redisc_geo_position_list *positions;
    redisc_optional_double distance;
    int64_t added;

    STEP(t, redisc_geoadd(r, cities, fjords, &added));
    gives_integer(t, added, 3);
    STEP(t, redisc_geodist_with(r, cities, "Bergen", "Trondheim",
                                &(redisc_geodist_options){.unit = REDISC_GEO_KM}, &distance));
    words km = {0};
    add(&km, "%.0f km", distance.value);
    gives_words(t, km.text, "430 km");
    STEP(t, redisc_geopos(r, cities, REDISC_STRS("Stavanger", "Oslo"), &positions));
    words where = {0};
    for (size_t i = 0; positions != NULL && i < positions->count; i++) {
        const redisc_geo_position *p = &positions->items[i];
        add(&where, "%s", i > 0 ? ", " : "");
        if (p->present) {
            add(&where, "%.2f E %.2f N", p->longitude, p->latitude);
        } else {
            add(&where, "nil");
        }
    }
    redisc_free(positions);
    gives_words(t, where.text, "5.73 E 58.97 N, nil");
}

static void search(tour *t)
{
    redisc *r = t->redis;
    const redisc_geosearch_options nearest = {.order = REDISC_GEO_ASC, .withdist = true};
    const redisc_geo_location_list *found;

    say(t, "nearest is {.order = REDISC_GEO_ASC, .withdist = true}");
    STEP(t, redisc_geosearch_frommember_with(r, cities, "Bergen", 200, REDISC_GEO_KM, &nearest,
                                             &found));
    words near = {0};
    for (size_t i = 0; found != NULL && i < found->count; i++) {
        add(&near, "%s%s %.0f km", i > 0 ? ", " : "", found->items[i].member.data,
            found->items[i].distance);
    }
    redisc_free(found);
    gives_words(t, near.text, "Bergen 0 km, Stavanger 160 km");
}

static void run(tour *t)
{
    places(t);
    search(t);
}

const tour_part tour_geo = {"Geo", run, TOUR_SAME, keys};
