/** Looks at a machine for what keeps javfd from working well, and says what mends it. */
@NullMarked
package dev.javf.daemon.doctor;

import org.jspecify.annotations.NullMarked;
