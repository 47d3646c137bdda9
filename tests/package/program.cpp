// SPDX-License-Identifier: MIT
// The same in C++, where strings convert by themselves.
#include <redisc/redisc.h>

#include <cstdio>
#include <cstdlib>
#include <string>

int main()
{
    redisc *r = nullptr;
    const redisc_str *value = nullptr;
    int64_t added = 0;
    const std::string greeting = "hello";
    const redisc_str colours[] = {"red", "blue"};
    if (redisc_open(std::getenv("REDISC_URL"), nullptr, &r) != REDISC_OK ||
        redisc_set(r, "greeting", greeting) != REDISC_OK ||
        redisc_sadd(r, "colours", redisc_str_list{colours, 2}, &added) != REDISC_OK ||
        redisc_get(r, "greeting", &value) != REDISC_OK) {
        std::fprintf(stderr, "%s\n", redisc_last_error()->text);
        redisc_close(r);
        return 1;
    }
    std::printf("%s %d\n", value->data, static_cast<int>(added));
    redisc_free(value);
    redisc_close(r);
    return 0;
}
