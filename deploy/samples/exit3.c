// Fails in an orderly way: one line on standard error, exit code 3.
#include <unistd.h>

static const char message[] = "exit3: this program always fails\n";

int main(void) {
    write(STDERR_FILENO, message, sizeof message - 1);
    return 3;
}
