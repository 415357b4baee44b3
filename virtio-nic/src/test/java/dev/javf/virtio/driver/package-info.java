/** A driver for tests: it plays a guest by the specification's steps, and moves packets. */
@NullMarked
package dev.javf.virtio.driver;

import org.jspecify.annotations.NullMarked;
