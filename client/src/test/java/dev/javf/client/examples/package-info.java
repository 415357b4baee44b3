/** Applications at a ring port, to be read, run and copied; the daemon's tests run them. */
@NullMarked
package dev.javf.client.examples;

import org.jspecify.annotations.NullMarked;
