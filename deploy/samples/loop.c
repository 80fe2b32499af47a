// Writes a line, then computes for ever: only a time limit or a cancellation ends it.
#include <unistd.h>

static const char message[] = "looping\n";
static volatile unsigned rounds;

int main(void) {
    write(STDOUT_FILENO, message, sizeof message - 1);
    for (;;) {
        rounds++;
    }
}
