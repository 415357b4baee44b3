/** Small classes over the system calls and structures of Linux (x86-64, glibc). */
@NullMarked
package dev.javf.linux;

import org.jspecify.annotations.NullMarked;
