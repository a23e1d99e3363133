"""What `escucha ingest` says of a file that it cannot send, in Spanish: {} is for what it fills in.

A text is the English one where the error is raised; a test finds those that are raised no more.
"""

from typing import Final

SPANISH: Final = {
    # the file
    "{}: there is no such file": "{}: no existe ese archivo",
    "{}: is a folder; name a file": "{}: es una carpeta; da un archivo",
    "{}: not a regular file": "{}: no es un archivo normal",
    "{}: the file is empty": "{}: el archivo está vacío",
    "{}: cannot be read ({})": "{}: no se puede leer ({})",
    "{}: the name does not tell the format; add --format csv, jsonl or parquet": "{}: el nombre no dice el formato; añade --format csv, jsonl o parquet",
    "{}: two columns are named {}; {}": "{}: dos columnas se llaman {}; {}",
    "rename one, or name all by --columns and skip the header": "cambia el nombre de una, o nómbralas todas con --columns y quita la cabecera",
    "write the file again with one of them renamed": "vuelve a escribir el archivo con otro nombre en una de ellas",
    "{}, after line {}: cannot be read ({})": "{}, después de la línea {}: no se puede leer ({})",
    "{}, after line {}: the gzip data is damaged or cut short ({}); rows before this place count. Fetch the file again, then run with --restart": "{}, después de la línea {}: los datos gzip están dañados o cortados ({}); las filas anteriores cuentan. Vuelve a traer el archivo y ejecuta con --restart",
    "{}, after line {}: the text is not in its encoding ({}); say what it is, for example --encoding cp1252": "{}, después de la línea {}: el texto no está en su codificación ({}); di cuál es, por ejemplo --encoding cp1252",
    "{}, line 1: a JSON array, not JSON lines; put each object on a line of its own, for example with: jq -c '.[]' FILE": "{}, línea 1: es una lista JSON, no líneas JSON; pon cada objeto en su propia línea, por ejemplo con: jq -c '.[]' ARCHIVO",
    "encoding {} is not known; try utf-8 or cp1252": "no se conoce la codificación {}; prueba utf-8 o cp1252",
    "{} {}: give one character, or tab": "{} {}: pon un solo carácter, o tab",
    "{}, line {}: no CSV header; name the columns by --columns": "{}, línea {}: el CSV no tiene cabecera; nombra las columnas con --columns",
    "{}, line {}: no CSV header ({})": "{}, línea {}: el CSV no tiene cabecera ({})",
    "{}, line {}: not UTF-8; say what it is, for example --encoding cp1252": "{}, línea {}: no es UTF-8; di qué es, por ejemplo --encoding cp1252",
    "{}: no such CSV dialect: {}": "{}: no existe esa clase de CSV: {}",
    "{}: not a Parquet file ({})": "{}: no es un archivo Parquet ({})",
    "{}: none of the first {} lines is a JSON object; if it is another format, say so with --format": "{}: ninguna de las primeras {} líneas es un objeto JSON; si es otro formato, dilo con --format",
    # its columns
    "{}: no column looks like {}; say which with --map {}=COLUMN. There are: {}": "{}: ninguna columna parece {}; di cuál es con --map {}=COLUMNA. Las que hay: {}",
    "{}: --map {}={}: there is no such column; there are: {}": "{}: --map {}={}: no existe esa columna; las que hay: {}",
    "{}: both --map and --set name it; keep one": "{}: lo nombran --map y --set a la vez; deja uno",
    "{} {}: given twice, as {} and as {}": "{} {}: está dos veces, como {} y como {}",
    "{} {}: write it as {} text=VALUE": "{} {}: escríbelo como {} text=VALOR",
    "{} {}: no such field; there are: {}": "{} {}: no existe ese campo; los que hay: {}",
    "{} {}: each row needs an id of its own; map a column": "{} {}: cada fila necesita su propio id; asígnale una columna con --map",
    "{}, line {}: {} is not known; known are {}": "{}, línea {}: no se conoce {}; se conocen {}",
    "{}, line {}: {}: in map and in set; keep one": "{}, línea {}: {}: está en map y en set; deja uno",
    "{}, line {}: {} must hold `name: value` lines": "{}, línea {}: {} debe tener líneas `nombre: valor`",
    "{}, line {}: {} needs one value": "{}, línea {}: {} necesita un solo valor",
    "{}, line {}: {} stands in line {} too": "{}, línea {}: {} también está en la línea {}",
    "the file": "el archivo",
    "{}: no mapping is taken: {}": "{}: aquí no se admite asignación de columnas: {}",
    "its lines are events already, which pass unchanged": "sus líneas ya son eventos, que pasan tal cual",
    "it is a story, whose columns are fixed; only --set source=NAME": "es una historia, cuyas columnas son fijas; solo --set source=NOMBRE",
    # the run
    "--speed {}: give max, original, or how many times: 60x": "--speed {}: pon max, original o cuántas veces más rápido: 60x",
    "{}: --decimal is for amounts, so with --as orders|gestures": "{}: --decimal es para importes, así que va con --as orders|gestures",
    "{}: --story-start is for rows with offset_minutes": "{}: --story-start es para filas con offset_minutes",
    "{}: {} rows were delivered, but topic {} no longer has them (the broker was emptied, or it is another one); --restart sends the file from its first row": "{}: se entregaron {} filas, pero el tema {} ya no las tiene (el bróker se vació, o es otro); --restart envía el archivo desde su primera fila",
    "{}: {} changed since {} rows of it were delivered or rejected; --restart sends it from its first row (same ids, so nothing is counted twice), --checkpoint OTHER keeps both. The checkpoint is {}": "{}: ya no es lo mismo que antes ({}): de él se entregaron o rechazaron {} filas; --restart lo envía desde la primera (con los mismos id, así que nada cuenta dos veces), --checkpoint OTRO conserva ambos. El punto de control es {}",
    "{}: not a checkpoint ({}); --restart begins the file again": "{}: no es un punto de control ({}); --restart empieza el archivo de nuevo",
    "{}: written by another version (format {}); --restart begins the file again": "{}: lo escribió otra versión (formato {}); --restart empieza el archivo de nuevo",
    "the file's size": "el tamaño",
    "the file's time of change": "la fecha de modificación",
    "the file's first bytes": "el comienzo",
    "the file's place": "la ruta",
    "the mapping or a reading option": "la asignación de columnas o una opción de lectura",
    "the topic": "el tema",
    "{}: another run is {}; wait for it or stop it": "{}: otra ejecución está {}; espera a que acabe o párala",
    "ingesting this file": "enviando este archivo",
}
