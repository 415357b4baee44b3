/** Ring ports measured: the ring alone, its port's copies, and two processes. */
@NullMarked
package dev.javf.bench.ring;

import org.jspecify.annotations.NullMarked;
