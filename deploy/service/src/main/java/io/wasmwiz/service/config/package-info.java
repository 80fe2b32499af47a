/** Configuration: flags with environment defaults, checked as a whole. */
@NullMarked
package io.wasmwiz.service.config;

import org.jspecify.annotations.NullMarked;
