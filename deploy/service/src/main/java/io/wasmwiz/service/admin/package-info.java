/** The admin HTTP port: metrics and health. */
@NullMarked
package io.wasmwiz.service.admin;

import org.jspecify.annotations.NullMarked;
