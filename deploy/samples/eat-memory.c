// Grows its memory by one MiB at a time, touching every page, until the host refuses; then aborts.
#include <stdlib.h>
#include <unistd.h>

#define WASM_PAGE 65536
#define PAGES_PER_MIB 16

static const char grown[] = ".";
static const char refused[] = "\nrefused\n";

int main(void) {
    for (;;) {
        size_t page = __builtin_wasm_memory_grow(0, PAGES_PER_MIB);
        if (page == (size_t) -1) {
            write(STDOUT_FILENO, refused, sizeof refused - 1);
            abort();
        }
        for (size_t i = 0; i < PAGES_PER_MIB; i++) {
            *(volatile char *) ((page + i) * WASM_PAGE) = 1;
        }
        write(STDOUT_FILENO, grown, sizeof grown - 1);
    }
}
