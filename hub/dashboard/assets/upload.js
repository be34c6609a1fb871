// Sends the files of a form one after another, shows how far it is, and goes on with their digests.

/** Sends one file; resolves to its digest. Not by fetch, which does not tell how far a body has been sent. */
function send(file, form, tell) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", form.dataset.upload);
    request.setRequestHeader("x-csrf-token", form.dataset.csrf);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => tell(event.loaded, file.size);
    request.onload = () =>
      request.status === 201
        ? resolve(request.response.digest)
        : reject(new Error(request.response?.detail ?? `${request.status}`));
    request.onerror = () => reject(new Error("the hub does not answer"));
    request.send(file);
  });
}

async function submit(form) {
  const bar = form.querySelector(".sending"), problem = form.querySelector(".problem");
  const button = form.querySelector("button");
  const next = new URL(form.dataset.next, location.href);
  problem.hidden = true;
  bar.hidden = false;
  button.disabled = true;
  try {
    for (const name of ["csv", "images"]) {
      const file = form.elements[name].files[0];
      if (file === undefined) continue;
      bar.firstElementChild.textContent = `${form.dataset.sending} ${file.name}`;
      const digest = await send(file, form, (done, total) => {
        bar.lastElementChild.value = total === 0 ? 1 : done / total;
      });
      next.searchParams.set(name, digest);
    }
    location.assign(next);
  } catch (error) {
    problem.textContent = `${form.dataset.failed} ${error.message}`;
    problem.hidden = false;
    bar.hidden = true;
    button.disabled = false;
  }
}

/** Gives dropped files to the field that takes their kind. */
function take(form, files) {
  for (const file of files) {
    const field = form.elements[/\.zip$/i.test(file.name) ? "images" : "csv"];
    const one = new DataTransfer();
    one.items.add(file);
    field.files = one.files;
  }
}

for (const form of document.querySelectorAll("form[data-upload]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form);
  });
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    take(form, event.dataTransfer.files);
  });
}
