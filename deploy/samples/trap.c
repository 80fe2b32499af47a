// Writes a line, then aborts: wasi-libc's abort executes `unreachable`.
#include <stdlib.h>
#include <unistd.h>

static const char message[] = "about to trap\n";

int main(void) {
    write(STDOUT_FILENO, message, sizeof message - 1);
    abort();
}
