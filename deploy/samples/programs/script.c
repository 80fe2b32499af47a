/* Runs the JavaScript on standard input in QuickJS; print() writes a line. Exit code 1 when it throws. */
#include <stdio.h>
#include <stdlib.h>
#include "quickjs.h"

static JSValue print(JSContext *context, JSValueConst self, int count, JSValueConst *values) {
    (void)self;
    for (int i = 0; i < count; i++) {
        size_t length;
        const char *text = JS_ToCStringLen(context, &length, values[i]);
        if (!text) {
            return JS_EXCEPTION;
        }
        if (i > 0) {
            putchar(' ');
        }
        fwrite(text, 1, length, stdout);
        JS_FreeCString(context, text);
    }
    putchar('\n');
    return JS_UNDEFINED;
}

static char *read_all(size_t *length) {
    size_t room = 1 << 16;
    char *script = malloc(room + 1);
    *length = 0;
    while (script) {
        size_t read = fread(script + *length, 1, room - *length, stdin);
        if (read == 0) {
            script[*length] = 0;
            return script;
        }
        *length += read;
        if (*length == room) {
            room *= 2;
            script = realloc(script, room + 1);
        }
    }
    return NULL;
}

static void report(JSContext *context) {
    JSValue thrown = JS_GetException(context);
    const char *text = JS_ToCString(context, thrown);
    fprintf(stderr, "%s\n", text ? text : "exception");
    JS_FreeCString(context, text);
    JS_FreeValue(context, thrown);
}

int main(void) {
    size_t length;
    char *script = read_all(&length);
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *context = runtime ? JS_NewContext(runtime) : NULL;
    if (!script || !context) {
        fputs("out of memory\n", stderr);
        return 2;
    }
    JSValue global = JS_GetGlobalObject(context);
    JS_SetPropertyStr(context, global, "print", JS_NewCFunction(context, print, "print", 1));
    JS_FreeValue(context, global);

    int failed = 0;
    JSValue value = JS_Eval(context, script, length, "<stdin>", JS_EVAL_TYPE_GLOBAL);
    if (JS_IsException(value)) {
        report(context);
        failed = 1;
    }
    JS_FreeValue(context, value);
    for (JSContext *job; !failed;) {
        int more = JS_ExecutePendingJob(runtime, &job);
        if (more == 0) {
            break;
        }
        if (more < 0) {
            report(job);
            failed = 1;
        }
    }
    free(script);
    JS_FreeContext(context);
    JS_FreeRuntime(runtime);
    return failed;
}
