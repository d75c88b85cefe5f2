// The table of units: sort by a click on a column's head, filter by result, search. Without this, all of it is shown.
(function () {
  var page = document, table = page.getElementById("units-table");
  page.documentElement.className = "js";
  if (!table) return;
  var body = table.tBodies[0], rows = [].slice.call(body.rows), field = page.getElementById("q"), found = page.getElementById("nf");
  var buttons = [].slice.call(page.querySelectorAll("[data-f]")), heads = [].slice.call(table.tHead.rows[0].cells), wanted = "x";
  buttons.forEach(function (button) { if (button.getAttribute("aria-pressed") === "true") wanted = button.getAttribute("data-f"); });
  var texts = new Map(rows.map(function (row) {
    return [row, [].map.call(row.cells, function (cell) { return cell.textContent.trim(); }).join("\n").toLowerCase()];
  }));
  function isWanted(kind) {
    return wanted === "all" || (wanted === "x" ? kind !== "p" : wanted === "bad" ? /^x-(fail|err|ref)$/.test(kind) : kind === wanted);
  }
  function show() {
    var text = field.value.trim().toLowerCase(), count = 0;
    rows.forEach(function (row) {
      row.hidden = !(text ? texts.get(row).indexOf(text) >= 0 : isWanted(row.className));
      if (!row.hidden) count++;
    });
    found.textContent = count + " of " + rows.length + (rows.length === 1 ? " unit" : " units");
  }
  function value(row, at, number) {
    var text = row.cells[at].textContent.replace("\u2212", "-");
    return number ? (isNaN(parseFloat(text)) ? Infinity : parseFloat(text)) : text;
  }
  buttons.forEach(function (button) {
    button.onclick = function () {
      wanted = button.getAttribute("data-f");
      field.value = "";
      buttons.forEach(function (one) { one.setAttribute("aria-pressed", String(one === button)); });
      show();
    };
  });
  field.oninput = show;
  heads.forEach(function (head, at) {
    var button = page.createElement("button"), number = head.classList.contains("n");
    button.type = "button";
    while (head.firstChild) button.appendChild(head.firstChild);
    head.appendChild(button);
    button.onclick = function () {
      var up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach(function (one) { one.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      rows.sort(function (a, b) {
        var x = value(a, at, number), y = value(b, at, number);
        return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1);
      });
      rows.forEach(function (row) { body.appendChild(row); });
    };
  });
  show();
})();
