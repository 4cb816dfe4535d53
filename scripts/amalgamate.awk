# SPDX-License-Identifier: MIT
#
# Many files of C to one, by a plan on standard input (see scripts/amalgamate).
#
# Three things make one translation unit of many:
#  - project headers are put in where they are first included;
#  - what a file keeps to itself (static functions and variables, tags, enumerators, types)
#    gets the file's name before its own, `count` in env.c is ward__env__count, so that no
#    two files meet, nor a file and a system header that only its neighbour includes. What a
#    file defines for the preprocessor ends with the file;
#  - the macros that make system headers tell all (_GNU_SOURCE) come before everything.
#
# It knows no C but the tokens, the nesting of braces and what begins a declaration. What it
# gets wrong a compiler refuses, or tests/amalgamation finds.

function fail(why) {
	print "amalgamate: " why >"/dev/stderr"
	failed = 1
	exit 1
}

# ------------------------------------------------------------------------------ tokens

# One line into tok[], kind[]: "i" identifier, "s" literal, "c" comment and blanks, "p" else.
function tokenize_line(line,   n) {
	while (line != "") {
		if (in_comment) {
			n = index(line, "*/")
			add(n ? substr(line, 1, n + 1) : line, "c")
			in_comment = !n
			line = n ? substr(line, n + 2) : ""
			continue
		}
		if (substr(line, 1, 2) == "/*") {
			add("/*", "c")
			line = substr(line, 3)
			in_comment = 1
			continue
		}
		if (match(line, /^[ \t]+/))
			add(substr(line, 1, RLENGTH), "c")
		else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^'([^'\\]|\\.)*'/))
			add(substr(line, 1, RLENGTH), "s")
		else if (match(line, /^[A-Za-z_][A-Za-z_0-9]*/))
			add(substr(line, 1, RLENGTH), "i")
		else if (match(line, /^[0-9][A-Za-z_0-9.]*/))
			add(substr(line, 1, RLENGTH), "s")
		else if (match(line, /^(->|##)/))
			add(substr(line, 1, RLENGTH), "p")
		else {
			match(line, /^./)
			add(substr(line, 1, 1), "p")
		}
		line = substr(line, RLENGTH + 1)
	}
	add("\n", directive && tok[tokens] != "\\" ? "d" : "c")
}

function add(text, what) {
	tokens++
	tok[tokens] = text
	kind[tokens] = what
	of_directive[tokens] = directive
	if (!directive && !in_comment && text == "#" && at_line_start())
		of_directive[tokens] = directive = 1
}

function at_line_start() {
	return at_line_start_of(tokens)
}

function at_line_start_of(i) {
	for (i--; i > 0 && kind[i] == "c" && tok[i] != "\n"; i--)
		;
	return i == 0 || tok[i] == "\n"
}

function read_file(path,   line) {
	tokens = in_comment = directive = 0
	while ((getline line <path) > 0) {
		tokenize_line(line)
		if (line !~ /\\$/)
			directive = 0
	}
	close(path)
	if (!tokens)
		fail(path " is empty or not there")
}

function starts_directive(i) {
	return tok[i] == "#" && of_directive[i] && at_line_start_of(i)
}

# The next token that counts after @i, and the one before; of directives only in one.
function after(i,   in_directive) {
	in_directive = of_directive[i]
	for (i++; i <= tokens; i++)
		if (kind[i] != "c" && kind[i] != "d" && of_directive[i] == in_directive)
			return i
	return 0
}

function before(i,   in_directive) {
	in_directive = of_directive[i]
	for (i--; i > 0; i--)
		if (kind[i] != "c" && kind[i] != "d" && of_directive[i] == in_directive)
			return i
	return 0
}

# ----------------------------------------------------------------- what a file keeps to itself

function is_aggregate(word) {
	return word == "struct" || word == "union" || word == "enum"
}

function keep(name, names) {
	if (name !~ /^(ward_|WARD_|main$)/ && !(name in keyword))
		names[name] = own name
}

# Fill private[] (functions, variables, types, enumerators), tags[], begins[] (the first
# token of each definition of a function) and structs[] (inside of the braces of one).
function find_private(   i, depth, parens, first, is_static, is_function, is_init, next_, prev) {
	depth = parens = first = is_static = is_function = is_init = 0
	split("", private); split("", tags); split("", begins); split("", member)
	for (i = 1; i <= tokens; i++) {
		if (of_directive[i] || kind[i] == "c" || kind[i] == "d")
			continue
		if (!first)
			first = i
		prev = before(i)
		if (tok[i] == "{") {
			body[depth] = body_of(prev)
			if (depth == 0 && is_function)
				begins[first] = 1
			depth++
		} else if (tok[i] == "}") {
			depth--
			if (depth == 0 && is_function)
				first = is_static = is_function = is_init = 0
		} else if (tok[i] == "(") {
			parens++
		} else if (tok[i] == ")") {
			parens--
		} else if (tok[i] == ";" && depth == 0) {
			first = is_static = is_function = is_init = 0
		} else if (depth > 0) {
			if (body[depth - 1] == "struct" && kind[i] == "i" && tok[after(i)] ~ /^[;,:\[]$/ &&
			    tok[prev] != "[")
				member[i] = 1
			if (depth == 1 && body[0] == "enum" && kind[i] == "i" && tok[prev] ~ /^[{,]$/)
				keep(tok[i], private)
		} else if (tok[i] == "static" || tok[i] == "typedef") {
			is_static = 1
		} else if (parens == 0 && tok[i] == "=") {
			is_init = 1
		} else if (parens == 0 && tok[i] == ",") {
			is_init = 0
		} else if (parens == 0 && kind[i] == "i" && !is_init) {
			next_ = tok[after(i)]
			if (is_aggregate(tok[prev])) {
				if (next_ == "{")
					keep(tok[i], tags)
				continue
			}
			if (next_ == "(" && pointed_at(after(i))) {
				if (is_static)
					keep(tok[pointed_at(after(i))], private)
				is_static = 0
				continue
			}
			if (next_ == "(" && !(tok[i] in keyword))
				is_function = 1
			if (is_static && next_ ~ /^[(=;,\[]$/)
				keep(tok[i], private)
		}
	}
	if (depth != 0 || parens != 0)
		fail(file ": braces do not match")
}

# The name in `(*name)(` or `(WORD *name)(`, a pointer to a function, after the parenthesis @i.
function pointed_at(i) {
	i = after(i)
	if (kind[i] == "i")
		i = after(i)
	if (tok[i] != "*")
		return 0
	i = after(i)
	return kind[i] == "i" && tok[after(i)] == ")" && tok[after(after(i))] == "(" ? i : 0
}

# What the braces after the token @i hold.
function body_of(i) {
	if (kind[i] == "i" && !is_aggregate(tok[i]))
		i = before(i)
	return tok[i] == "union" ? "struct" : is_aggregate(tok[i]) ? tok[i] : ""
}

# Macros that make a text of an argument: that argument keeps its name.
function find_texts(   i, j) {
	for (i = 1; i <= tokens; i++) {
		if (!of_directive[i] || tok[i] != "define")
			continue
		for (j = i; kind[j] != "d" && j <= tokens; j++)
			if (tok[j] == "#" && tok[after(j)] != "#" && tok[before(j)] != "#")
				texts[tok[after(i)]] = 1
	}
}

function new_name(i,   prev) {
	prev = before(i)
	if (is_aggregate(tok[prev]))
		return tok[i] in tags ? tags[tok[i]] : tok[i]
	if (!(tok[i] in private) || member[i] || tok[prev] == "." || tok[prev] == "->" ||
	    tok[prev] == "#" || tok[prev] == "##" || tok[after(i)] == "##")
		return tok[i]
	if (tok[prev] == "(" && tok[before(prev)] in texts)
		return tok[i]
	return private[tok[i]]
}

# ------------------------------------------------------------------------------ writing

function folder_of(path) {
	sub(/\/[^\/]*$/, "", path)
	return path
}

# The path of a project header as `#include "..."` in @from names it.
function resolve(from, name,   path) {
	path = folder_of(from) "/" name
	while (sub(/[^\/]+\/\.\.\//, "", path))
		;
	if ((getline line_ <path) > 0) {
		close(path)
		return path
	}
	return "include/" name
}

# Was it written in a section that is always compiled together with this one?
function written(path,   i) {
	for (i = 1; i <= n_parents; i++)
		if ((path, parents[i]) in done)
			return 1
	return 0
}

function title(path) {
	printf "\n/* ==== %s */\n", path
}

# One that is wanted on a condition only may be wanted again: its own guard decides then.
function write_header(path, conditions,   line, name) {
	if (path == "include/ward.h" || written(path))
		return
	if (!conditions)
		done[path, parents[n_parents]] = 1
	title(path)
	conditions--                          # its guard is none
	while ((getline line <path) > 0) {
		conditions += opens(line)
		if (line ~ /^#[ \t]*include[ \t]*"/) {
			split(line, name, "\"")
			write_header(resolve(path, name[2]), conditions)
		} else
			print line
	}
	close(path)
	title("on with what includes it")
}

function opens(line) {
	return line ~ /^#[ \t]*if/ ? 1 : line ~ /^#[ \t]*endif/ ? -1 : 0
}

function write_file(path,   i, j, name, undefs, n_undefs, conditions) {
	file = path
	own = path
	sub(/^src\//, "", own)
	sub(/\.c$/, "", own)
	gsub(/[^A-Za-z0-9_]/, "_", own)
	own = "ward__" own "__"
	read_file(path)
	find_private()
	find_texts()
	title(path)
	for (i = 1; i <= tokens; i++) {
		if (starts_directive(i)) {
			j = after(i)
			name = after(j)
			if (tok[j] == "include" && tok[name] ~ /^"/) {
				write_header(resolve(path, substr(tok[name], 2, length(tok[name]) - 2)),
					conditions)
				i = name + 1
				continue
			}
			if (tok[j] == "include") {
				while (i < tokens && kind[i] != "d")
					printf "%s", tok[i++]
				print ""
				continue
			}
			conditions += opens("#" tok[j])
			if (tok[j] == "define" && tok[name] ~ /^_[A-Z_]+_SOURCE$/) {
				while (i < tokens && kind[i] != "d")
					i++
				continue
			}
			if (tok[j] == "define")
				undefs[++n_undefs] = tok[name]
		}
		if ((i in begins) && path in child)
			printf "WARD__IN_CHILD "
		printf "%s", kind[i] == "i" ? new_name(i) : tok[i]
	}
	for (i = 1; i <= n_undefs; i++)
		print "#undef " undefs[i]
}

# What the files of Windows define before their includes, for the head.
function early_definitions(   f, i, line) {
	for (f = 1; f <= n_files; f++) {
		if (files[f] !~ /^src\/windows\//)
			continue
		while ((getline line <files[f]) > 0 && line !~ /^#[ \t]*include/)
			if (line ~ /^#[ \t]*define/ && !(line in early)) {
				early[line] = 1
				split(line, i, /[ \t]+/)
				print "#ifndef " i[2] "\n" line "\n#endif"
			}
		close(files[f])
	}
}

function choice(   s, or_) {
	for (s = 1; s <= n_systems; s++)
		or_ = or_ (s > 1 ? " && \\\n    " : "") "!defined(WARD_SYSTEM_" systems[s] ")"
	print "#if " or_
	for (s = 1; s <= n_systems; s++) {
		print conditions[s] == "1" ? "#else" : "#" (s > 1 ? "el" : "") "if " conditions[s]
		print "#define WARD_SYSTEM_" systems[s] " 1"
	}
	print "#endif\n#endif"
}

function write_head() {
	print "/* SPDX-License-Identifier: MIT */"
	print "/*"
	print " * ward " version ": the whole library in one file, made by scripts/amalgamate. Change the"
	print " * sources of ward and not this."
	print " *"
	print " * It needs ward.h, C11 and threads: cc -c ward.c. It takes the best way to hold processes"
	print " * that the system has; -DWARD_SYSTEM_POSIX takes the one of all POSIX systems."
	print " */"
	choice()
	print "\n/* System headers are to tell all that they have. */"
	print "#ifdef WARD_SYSTEM_WINDOWS"
	early_definitions()
	print "#else"
	split("_GNU_SOURCE _DARWIN_C_SOURCE _NETBSD_SOURCE __EXTENSIONS__", all_, " ")
	for (i_ = 1; i_ in all_; i_++)
		print "#ifndef " all_[i_] "\n#define " all_[i_] " 1\n#endif"
	print "#endif\n"
	print "#ifndef WARD_BUILDING\n#define WARD_BUILDING 1\n#endif"
	print "#include \"ward.h\"\n"
	print "/* What runs between birth and exec may run in the parent's memory, in which the"
	print " * bookkeeping of a sanitizer must not be done by the child. */"
	print "#if defined(__has_attribute)"
	print "#if __has_attribute(disable_sanitizer_instrumentation)"
	print "#define WARD__IN_CHILD __attribute__((disable_sanitizer_instrumentation, \\"
	print "	no_sanitize(\"address\", \"memory\", \"thread\", \"undefined\")))"
	print "#endif"
	print "#endif"
	print "#if !defined(WARD__IN_CHILD) && (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__))"
	print "#define WARD__IN_CHILD \\"
	print "	__attribute__((no_sanitize_address, no_sanitize_thread, no_sanitize_undefined))"
	print "#elif !defined(WARD__IN_CHILD)"
	print "#define WARD__IN_CHILD"
	print "#endif"
}

BEGIN {
	split("auto break case char const continue default do double else enum extern float for " \
		"goto if inline int long register restrict return short signed sizeof static struct " \
		"switch typedef union unsigned void volatile while _Alignas _Alignof _Atomic _Bool " \
		"_Noreturn _Static_assert _Thread_local bool __attribute__ __asm__", words, " ")
	for (i = 1; i in words; i++)
		keyword[words[i]] = 1
}

$1 == "system" {
	systems[++n_systems] = toupper($2)
	sub(/^system [a-z0-9]+ /, "")
	conditions[n_systems] = $0
}

$1 == "section" {
	n_sections++
	sub(/^section /, "")
	names[n_sections] = substr($0, 1, index($0, ";") - 1)
	guard[n_sections] = substr($0, index($0, ";") + 2)
}

$1 == "file" {
	files[++n_files] = $2
	section_of[n_files] = n_sections
}

$1 == "child" {
	child[$2] = 1
}

END {
	if (failed)
		exit 1
	write_head()
	for (s = 1; s <= n_sections; s++) {
		n_parents = split(names[s], parents, " ")
		if (guard[s] != "1")
			print "\n#if " guard[s]
		for (f = 1; f <= n_files; f++)
			if (section_of[f] == s)
				write_file(files[f])
		if (guard[s] != "1")
			print "\n#endif /* " guard[s] " */"
	}
}
