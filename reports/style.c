/* style.css as a string, taken in by the assembler: the build needs no other tool for it. */
#include "html.h"

__asm__(".pushsection .rodata\n"
	".globl html_style\n"
	".type html_style, %object\n"
	"html_style:\n"
	".incbin \"reports/style.css\"\n"
	".byte 0\n"
	".size html_style, . - html_style\n"
	".popsection\n");
